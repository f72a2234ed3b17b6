//! Numbers in lines for people: so many decimals, and an exponent where digits would fill the line.

/// From this size on a number is written with an exponent.
const LARGE: f64 = 1e15;

/// A number with so many decimals: `9.300`, or `5.000e301`.
#[must_use]
pub fn fixed(number: f64, decimals: usize) -> String {
    if number.is_finite() && number.abs() >= LARGE {
        format!("{number:.decimals$e}")
    } else {
        format!("{number:.decimals$}")
    }
}

/// A number as exactly as it is, without its noughts before or behind: `-1`, `0.1`, `1e300`.
#[must_use]
pub fn plain(number: f64) -> String {
    if number.is_finite() && number.abs() >= LARGE { format!("{number:e}") } else { number.to_string() }
}

/// A sum of rewards as people write it: without the last digits of a sum of tenths.
#[must_use]
pub fn plain_sum(sum: f64) -> String {
    let billionths = sum * 1e9;
    // Beyond, a number has no billionths.
    plain(if billionths.abs() < 9e15 { billionths.round() / 1e9 } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_do_not_fill_the_line() {
        assert_eq!([fixed(9.3, 3), fixed(-5e301, 3), fixed(f64::INFINITY, 3)], ["9.300", "-5.000e301", "inf"]);
        assert_eq!([plain(-1.0), plain(0.1), plain(1e300)], ["-1", "0.1", "1e300"]);
        assert_eq!(
            [plain_sum(0.1 + 0.2), plain_sum(-1e308), plain_sum(123_456_789.25)],
            ["0.3", "-1e308", "123456789.25"]
        );
    }
}
