//! Numbers as people read them: a real minus sign, steady widths.

/// Unit prefixes, and where they begin.
const PREFIXES: [(f64, &str); 3] = [(1e9, "G"), (1e6, "M"), (1e3, "k")];

/// A number with so many decimals and a minus sign as wide as the digits.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        let sign = if value < 0.0 { "−" } else { "" };
        return if value.is_nan() { "–".into() } else { format!("{sign}∞") };
    }
    // So many digits would fill the page.
    let is_large = value.abs() >= 1e15;
    let text = if is_large { format!("{value:.decimals$e}") } else { format!("{value:.decimals$}") };
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|it| it == '0' || it == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A number in about three digits with a unit prefix: `128 M`, `4.2 k`, `0.5`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    // No unit has so many.
    if size >= 1e15 {
        return fixed(value, 1);
    }
    for (limit, unit) in PREFIXES {
        if size >= 0.9995 * limit {
            let scaled = value / limit;
            let decimals = usize::from(scaled.abs() < 99.95);
            return format!("{}\u{202f}{unit}", fixed(scaled, decimals));
        }
    }
    if size >= 99.95 || size == 0.0 { fixed(value, 0) } else { fixed(value, if size >= 9.995 { 1 } else { 2 }) }
}

/// A number with a unit prefix, in as many digits as tell it from one that lies `step` further on: `29.31 k`.
pub fn short_in_steps(value: f64, step: f64) -> String {
    let size = value.abs();
    match PREFIXES.into_iter().find(|(limit, _)| size >= 0.9995 * limit) {
        Some((limit, unit)) if size < 1e15 => {
            let decimals = (-libm::log10(step / limit).floor()).clamp(0.0, 9.0) as usize;
            format!("{}\u{202f}{unit}", fixed(value / limit, decimals))
        }
        _ => short(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_is_a_minus_and_zero_has_none() {
        assert_eq!(fixed(-0.1, 2), "−0.10");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY].map(|it| fixed(it, 2)), ["∞", "−∞"]);
    }

    #[test]
    fn large_numbers_do_not_fill_a_label() {
        assert_eq!(fixed(-5e301, 2), "−5.00e301");
        assert_eq!([3.4e38, -2e15, f64::INFINITY, 9.9e14].map(short), ["3.4e38", "−2.0e15", "∞", "990000\u{202f}G"]);
    }

    #[test]
    fn three_digits_and_a_prefix_are_enough() {
        assert_eq!([128_400_000.0, 4_240.0, 999_900.0].map(short), ["128\u{202f}M", "4.2\u{202f}k", "1.0\u{202f}M"]);
        assert_eq!([12.34, 0.0].map(short), ["12.3", "0"]);
    }
}
