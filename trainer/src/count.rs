//! Numbers of steps, episodes and the like on the command line.

/// A whole number from 1 on, as people write large ones, too: `300000`, `300_000` or `3e5`.
///
/// # Errors
/// The text is none, with what would be.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    // Beyond it not every whole number is an f64.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let plain = text.replace('_', "");
    let short = || plain.parse().ok().filter(|it: &f64| it.fract() == 0.0 && *it <= EXACT).map(|it| it as u64);
    let number = plain.parse().ok().or_else(short).filter(|it| *it > 0);
    number.ok_or_else(|| {
        format!(
            "it is a whole number from 1 to {}, e.g. 300000, 300_000 or 3e5; written with an exponent it is at most {EXACT}",
            u64::MAX
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_as_people_write_them() {
        for (text, number) in [("1", 1), ("300000", 300_000), ("300_000", 300_000), ("3e5", 300_000), ("1.5E3", 1500)] {
            assert_eq!(count(text), Ok(number), "{text}");
        }
        assert_eq!(count("18446744073709551615"), Ok(u64::MAX));
        for text in ["0", "-1", "", "1.5", "1e99", "1e-3", "inf", "nan", "many", "18446744073709551616"] {
            let words = count(text).unwrap_err();
            assert!(words.contains("whole number") && words.contains("18446744073709551615"), "{text}: {words}");
            assert!(words.contains("at most 9007199254740992"), "{words}");
        }
    }
}
