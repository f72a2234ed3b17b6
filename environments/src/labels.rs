//! Labels: names and numbers that others chose, short enough to be drawn and told.

/// A text cut after so many characters, with dots where something is missing.
pub(crate) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A number as it is, or in few digits where it has many.
pub(crate) fn number(value: f64) -> String {
    let whole = value.to_string();
    match value.abs() {
        _ if whole.len() <= 9 => whole,
        0.001..1e6 => ((value * 10_000.0).round() / 10_000.0).to_string(),
        _ => format!("{value:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short() {
        assert_eq!(short("häuser", 6), "häuser");
        assert_eq!(short("häuser", 4), "häu…");
        assert_eq!(short("", 0), "");
        assert_eq!(number(-0.005), "-0.005");
        assert_eq!(number(1.0 / 3.0), "0.3333");
        assert_eq!(number(-999_999.123_456), "-999999.1235");
        assert_eq!(number(f64::MAX), "1.798e308");
        assert_eq!(number(-f64::MIN_POSITIVE), "-2.225e-308");
    }
}
