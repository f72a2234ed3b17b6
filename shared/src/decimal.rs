//! Decimal numbers in text, each read as the double that is nearest to it.
//!
//! The standard library's reader gives the same, but with 10 kB of tables, of which no compression takes anything off,
//! and the page is meant to be light. Numbers of few digits are exact at once; others are doubled or halved, digit by
//! digit, until the double's 53 bits stand before the point.

/// Digits that count; of those after them only whether there is any other than 0.
const MOST_DIGITS: usize = 800;

/// Powers of ten up to this one are exact.
const EXACT_POWER: i32 = 22;

/// Least exponent of two of a double's last bit.
const LEAST_EXPONENT: i64 = -1074;

/// The double nearest to a number like `-12.5e3`, ties to even; nothing where the text is no number.
pub fn number(text: &str) -> Option<f64> {
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    Some(sign * Decimal::read(text)?.nearest())
}

/// `0.d₁d₂d₃...` times ten to the power of `point`; the first digit is not 0.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (written, power) = match text.split_once(['e', 'E']) {
            Some((written, power)) => (written, power.parse::<i64>().ok()?.clamp(-1_000_000, 1_000_000) as i32),
            None => (text, 0),
        };
        let (mut digits, mut point) = (Vec::new(), None);
        for byte in written.bytes() {
            match byte {
                b'0'..=b'9' => digits.push(byte - b'0'),
                b'.' if point.is_none() => point = Some(digits.len()),
                _ => return None,
            }
        }
        if digits.is_empty() {
            return None;
        }
        let point = point.unwrap_or(digits.len()) as i32 + power;
        let mut decimal = Self { digits, point };
        decimal.trim();
        if decimal.digits.len() > MOST_DIGITS {
            decimal.digits.truncate(MOST_DIGITS);
            decimal.digits.push(1);
        }
        Some(decimal)
    }

    fn nearest(mut self) -> f64 {
        let power = self.point - self.digits.len() as i32;
        if self.digits.len() <= 15 && power.abs() <= EXACT_POWER {
            let whole = self.digits.iter().fold(0, |whole, digit| 10 * whole + u64::from(*digit)) as f64;
            let scale = (0..power.abs()).fold(1.0, |scale, _| 10.0 * scale);
            return if power < 0 { whole / scale } else { whole * scale };
        }
        if self.digits.is_empty() || self.point < -330 {
            return 0.0;
        }
        if self.point > 310 {
            return f64::INFINITY;
        }
        let mut exponent = 0;
        while self.whole() >= 1 << 53 {
            self.halve();
            exponent += 1;
        }
        while self.whole() < 1 << 52 && exponent > LEAST_EXPONENT {
            self.double();
            exponent -= 1;
        }
        let whole = self.whole();
        let bits = whole + u64::from(self.rounds_up(whole % 2 == 1));
        // The bit before the 52 that are kept adds one to the exponent; numbers too small to have it have exponent 0.
        let bits = bits + (((exponent - LEAST_EXPONENT) as u64) << 52);
        f64::from_bits(bits.min(f64::INFINITY.to_bits()))
    }

    /// What stands before the point, or the largest number where that is too long.
    fn whole(&self) -> u64 {
        if self.point > 17 {
            return u64::MAX;
        }
        let digit = |place: i32| u64::from(self.digits.get(place as usize).copied().unwrap_or(0));
        (0..self.point).fold(0, |whole, place| 10 * whole + digit(place))
    }

    /// Whether what stands behind the point is above one half, or one half behind an odd number.
    fn rounds_up(&self, odd: bool) -> bool {
        let fraction = usize::try_from(self.point).ok().and_then(|point| self.digits.get(point..)).unwrap_or(&[]);
        match fraction {
            [5] => odd,
            [first, ..] => *first >= 5,
            [] => false,
        }
    }

    fn double(&mut self) {
        let mut carry = 0;
        for digit in self.digits.iter_mut().rev() {
            let doubled = 2 * *digit + carry;
            (*digit, carry) = (doubled % 10, doubled / 10);
        }
        if carry > 0 {
            self.digits.insert(0, carry);
            self.point += 1;
        }
        self.trim();
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for digit in &mut self.digits {
            let value = 10 * carry + *digit;
            (*digit, carry) = (value / 2, value % 2);
        }
        if carry > 0 {
            self.digits.push(5);
        }
        self.trim();
    }

    /// Takes zeros off both ends.
    fn trim(&mut self) {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point -= zeros as i32;
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) {
        let (read, expected) = (number(text).map(f64::to_bits), text.parse().map(f64::to_bits).ok());
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn edges_are_those_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "0.0e5",
            "1",
            "+1",
            "007",
            ".5",
            "5.",
            "1e22",
            "1e23",
            "-1e-22",
            "1e-23",
            "0.1",
            "0.30000000000000004",
            "9007199254740993",
            "9007199254740993.0000000000000000000000000000000000001",
            "9007199254740992.5",
            "179769313486231570000e288",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "1e999999999999",
            "0e342",
            "-0e-342",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-400",
            "-1e-999999999999",
        ] {
            check(text);
        }
        check(&format!("1{}", "0".repeat(400)));
        check(&format!("0.{}1", "0".repeat(400)));
        check(&format!("9007199254740993.{}1", "0".repeat(2000)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["", "-", "+", ".", "e5", "1e", "1e+", "1e5.0", "1.2.3", "1,5", " 1", "1 ", "0x1", "--1", "inf", "NaN", "é"]
        {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_double_is_read_as_it_was_written(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            check(&value.to_string());
            check(&format!("{value:e}"));
            check(&format!("{value:.17e}"));
        }

        #[test]
        fn every_text_of_digits_is_read_as_the_standard_library_reads_it(text in "-?[0-9]{0,30}(\\.[0-9]{0,30})?(e-?[0-9]{1,3})?") {
            check(&text);
        }
    }
}
