//! Numbers as people read them: grouped thousands, a real minus sign, steady widths.

pub use plot::number::{fixed, short};
use run::column::MOST;

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
    if !(-6..15).contains(&magnitude) {
        // The greatest numbers are rounded to more than there is.
        let rounded = format!("{value:.*e}", digits.saturating_sub(1)).parse().ok().filter(|it: &f64| it.is_finite());
        return exact(rounded.unwrap_or(value));
    }
    let decimals = (digits as i32 - 1 - magnitude).clamp(0, 12) as usize;
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number that somebody set, with all its digits: whoever reads it is to read what counts.
pub fn exact(value: f64) -> String {
    let is_long = value != 0.0 && !(1e-6..1e15).contains(&value.abs());
    let text = if is_long { format!("{value:e}") } else { value.to_string() };
    text.replacen('-', "\u{2212}", usize::from(value < 0.0))
}

/// A number out of a column of f32, as [`fixed`] writes it. The greatest that fits stands for all that do not.
pub fn bounded(value: f64, decimals: usize) -> String {
    if !value.is_finite() || value.abs() < MOST {
        return fixed(value, decimals);
    }
    let (sign, bound) = if value < 0.0 { ("<", -MOST) } else { (">", MOST) };
    format!("{sign} {}", fixed(bound, 1))
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

/// A name that somebody gave, short enough for where it stands.
pub fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::{ParameterSpec, Value};

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(4711), "4\u{202f}711");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn long_names_are_cut_and_short_ones_are_not() {
        assert_eq!([6, 5, 1, 0].map(|most| shortened("Zuständ", most + 1)), ["Zuständ", "Zustä…", "Z…", "…"]);
        assert_eq!(shortened("", 0), "");
    }

    #[test]
    fn large_numbers_do_not_fill_the_page() {
        assert_eq!(plain(5e301, 4), "5e301");
        assert_eq!(plain(-1.234_56e25, 3), "−1.23e25");
        assert_eq!(plain(f64::MAX, 3), "1.7976931348623157e308");
    }

    #[test]
    fn small_numbers_do_not_become_nothing() {
        assert_eq!([1e-13, -2.345_6e-9, 1.5e-6].map(|it| plain(it, 3)), ["1e-13", "−2.35e-9", "0.0000015"]);
    }

    #[test]
    fn what_was_set_is_shown_as_it_counts() {
        let set = [0.999_999_9, 1e-13, -2.5e-7, -0.1, 1_234_567.0, 1.234_56e25, 0.0, 0.1 + 0.2];
        let shown = ["0.9999999", "1e-13", "−2.5e-7", "−0.1", "1234567", "1.23456e25", "0", "0.30000000000000004"];
        assert_eq!(set.map(exact), shown);
        let number = ParameterSpec::number("any", "Any", (-1e300, 1e300), 0.0, 1.0, "");
        assert_eq!(shown.map(|it| number.parse(it).unwrap()), set.map(Value::Number));
    }

    #[test]
    fn a_value_beyond_its_column_is_told_as_a_bound() {
        let values = [f64::from(f32::MAX), f64::from(f32::MIN), 2.0 * MOST, f64::INFINITY, -0.5];
        assert_eq!(values.map(|it| bounded(it, 2)), ["> 3.4e38", "< −3.4e38", "> 3.4e38", "∞", "−0.50"]);
    }

    #[test]
    fn digits_that_say_nothing_are_left_out() {
        assert_eq!(plain(0.995, 3), "0.995");
        assert_eq!(plain(100.0, 3), "100");
        assert_eq!(plain(0.1 + 0.2, 6), "0.3");
    }
}
