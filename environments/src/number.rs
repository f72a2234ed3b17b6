//! Numbers as people and their programs write them.

/// The number in a text: with a point or a comma before its decimals, or as a fraction such as `1/3`. It may be infinite or
/// not a number, where the text says so.
pub(crate) fn read(text: &str) -> Option<f64> {
    match text.split_once('/') {
        Some((above, below)) => Some(decimal(above)? / decimal(below)?),
        None => decimal(text),
    }
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    // Spreadsheets and web pages write a sign that is no hyphen.
    let plain = || text.replacen('\u{2212}', "-", 1).replacen(',', ".", 1).parse().ok();
    text.parse().ok().or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_have_commas_and_be_fractions() {
        for (text, value) in [
            ("0.5", 0.5),
            (" -3 ", -3.0),
            ("0,25", 0.25),
            ("\u{2212}1,5", -1.5),
            ("1e-3", 0.001),
            ("1/3", 1.0 / 3.0),
            ("2 / 4", 0.5),
            (".5", 0.5),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["", "x", "1,000,000", "1.000,5", "1/", "/2", "1/2/3", "--1", "0x1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
