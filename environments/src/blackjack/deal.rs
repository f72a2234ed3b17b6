//! Cards and hands, and how the dealer's hand can end.

/// Values of the cards of an endless deck with their probabilities; 1 is an ace, 10 a ten or a face.
pub(super) const CARDS: [(usize, f64); 10] = [
    (1, 1.0 / 13.0),
    (2, 1.0 / 13.0),
    (3, 1.0 / 13.0),
    (4, 1.0 / 13.0),
    (5, 1.0 / 13.0),
    (6, 1.0 / 13.0),
    (7, 1.0 / 13.0),
    (8, 1.0 / 13.0),
    (9, 1.0 / 13.0),
    (10, 4.0 / 13.0),
];

/// Where the dealer stops.
pub(super) const ENOUGH: usize = 17;

/// What counts of a hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BlackjackHand {
    /// Its sum.
    pub(super) sum: usize,
    /// Whether an ace counts 11 in it.
    pub(super) usable: bool,
}

impl BlackjackHand {
    /// The hand with one more card.
    pub(super) const fn with(self, card: usize) -> Self {
        let has_ace = self.usable || card == 1;
        let least = self.sum + card - if self.usable { 10 } else { 0 };
        if has_ace && least + 10 <= 21 {
            Self { sum: least + 10, usable: true }
        } else {
            Self { sum: least, usable: false }
        }
    }
}

/// One way in which the dealer's hand can end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DealerResult {
    /// Its sum, or 0 when bust.
    pub(super) score: usize,
    /// Whether it is an ace and a ten at once.
    pub(super) natural: bool,
    /// How likely it is.
    pub(super) probability: f64,
}

/// All results of a dealer who shows `open`: bust, 17 to 21, a natural.
pub(super) fn dealer_results(open: usize) -> Vec<DealerResult> {
    let mut shares = [0.0; 22];
    let mut natural = 0.0;
    for (card, probability) in CARDS {
        let hand = BlackjackHand::default().with(open).with(card);
        if hand.sum == 21 {
            natural += probability;
        } else {
            play(hand, probability, &mut shares);
        }
    }
    let plain = shares.into_iter().enumerate().map(|(score, probability)| (score, false, probability));
    plain
        .chain([(21, true, natural)])
        .filter(|(_, _, probability)| *probability > 0.0)
        .map(|(score, natural, probability)| DealerResult { score, natural, probability })
        .collect()
}

fn play(hand: BlackjackHand, probability: f64, shares: &mut [f64; 22]) {
    match hand.sum {
        22.. => shares[0] += probability,
        ENOUGH..=21 => shares[hand.sum] += probability,
        _ => {
            for (card, chance) in CARDS {
                play(hand.with(card), probability * chance, shares);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aces_count_11_while_they_can() {
        let hand = BlackjackHand::default().with(1).with(1);
        assert_eq!(hand, BlackjackHand { sum: 12, usable: true });
        assert_eq!(hand.with(9), BlackjackHand { sum: 21, usable: true });
        assert_eq!(hand.with(9).with(2), BlackjackHand { sum: 13, usable: false });
        assert_eq!(BlackjackHand { sum: 20, usable: false }.with(5), BlackjackHand { sum: 25, usable: false });
    }

    #[test]
    fn results_are_complete() {
        for open in 1..=10 {
            let sum: f64 = dealer_results(open).iter().map(|it| it.probability).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{open}: {sum}");
        }
        let natural = |open| dealer_results(open).iter().find(|it| it.natural).map(|it| it.probability);
        assert_eq!((natural(1), natural(10), natural(5)), (Some(4.0 / 13.0), Some(1.0 / 13.0), None));
    }
}
