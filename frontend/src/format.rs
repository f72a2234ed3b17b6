//! Numbers as people read them: grouped thousands, a real minus sign, steady widths.

/// A whole number with its thousands apart: `4 711`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

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
    for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if size >= 0.9995 * limit {
            let scaled = value / limit;
            let decimals = usize::from(scaled.abs() < 99.95);
            return format!("{}\u{202f}{unit}", fixed(scaled, decimals));
        }
    }
    if size >= 99.95 || size == 0.0 { fixed(value, 0) } else { fixed(value, if size >= 9.995 { 1 } else { 2 }) }
}

/// A size of a file: `812 B`, `3.4 kB`, `12 MB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1000 { format!("{bytes}\u{202f}B") } else { format!("{}B", short(bytes as f64)) }
}

/// A number in at most `digits` significant digits without needless zeros: for axes and forms.
pub fn plain(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "–".into() };
    }
    let magnitude = libm::log10(value.abs()).floor() as i32;
    let decimals = (digits as i32 - 1 - magnitude).clamp(0, 12) as usize;
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A duration in its largest unit: `12 ms`, `4 s`, `3 min`.
pub fn duration(millis: f64) -> String {
    if millis < 1_000.0 {
        format!("{}\u{202f}ms", fixed(millis, 0))
    } else if millis < 90_000.0 {
        format!("{}\u{202f}s", fixed(millis / 1_000.0, 0))
    } else if millis < 5_400_000.0 {
        format!("{}\u{202f}min", fixed(millis / 60_000.0, 0))
    } else {
        format!("{}\u{202f}h", fixed(millis / 3_600_000.0, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(4711), "4\u{202f}711");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn minus_is_a_minus_and_zero_has_none() {
        assert_eq!(fixed(-0.1, 2), "−0.10");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY].map(|it| fixed(it, 2)), ["∞", "−∞"]);
    }

    #[test]
    fn large_numbers_do_not_fill_the_page() {
        assert_eq!([fixed(-5e301, 2), plain(5e301, 4)], ["−5.00e301", "5e301"]);
    }

    #[test]
    fn three_digits_are_enough() {
        assert_eq!(short(128_400_000.0), "128\u{202f}M");
        assert_eq!(short(4_240.0), "4.2\u{202f}k");
        assert_eq!(short(999_900.0), "1.0\u{202f}M");
        assert_eq!(short(12.34), "12.3");
        assert_eq!(short(0.0), "0");
        assert_eq!(plain(0.995, 3), "0.995");
        assert_eq!(plain(100.0, 3), "100");
        assert_eq!(plain(0.1 + 0.2, 6), "0.3");
    }
}
