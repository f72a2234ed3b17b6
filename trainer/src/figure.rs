//! Numbers in lines for people: so many decimals, and an exponent where digits would fill the line.

/// From this size on a number is written with an exponent.
const LARGE: f64 = 1e15;
/// Below this size a number of which every digit counts is, too.
const SMALL: f64 = 1e-6;
/// Sums below this size are the dust of binary fractions.
const DUST: f64 = 1e-12;

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
    let is_long = number.is_finite() && number != 0.0 && !(SMALL..LARGE).contains(&number.abs());
    if is_long { format!("{number:e}") } else { number.to_string() }
}

/// A sum of rewards as people write it: without the last digits of a sum of tenths.
#[must_use]
pub fn plain_sum(sum: f64) -> String {
    let billionths = sum * 1e9;
    // Beyond, a number has no billionths, and a small one is more than they tell.
    let is_whole = billionths.abs() >= 9e15 || (DUST..SMALL).contains(&sum.abs());
    // Nought has no sign.
    plain(if is_whole { sum } else { billionths.round() / 1e9 + 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_do_not_fill_the_line() {
        assert_eq!([fixed(9.3, 3), fixed(-5e301, 3), fixed(f64::INFINITY, 3)], ["9.300", "-5.000e301", "inf"]);
        assert_eq!([-1.0, 0.1, 1e300, -1e-300, 1e-11, 0.0].map(plain), ["-1", "0.1", "1e300", "-1e-300", "1e-11", "0"]);
        assert_eq!(
            [plain_sum(0.1 + 0.2), plain_sum(-1e308), plain_sum(123_456_789.25)],
            ["0.3", "-1e308", "123456789.25"]
        );
        assert_eq!([plain_sum(1e-11), plain_sum(0.3 - 0.1 - 0.1 - 0.1), plain_sum(0.05)], ["1e-11", "0", "0.05"]);
    }
}
