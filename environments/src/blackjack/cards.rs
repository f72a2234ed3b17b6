//! The cards on the table. The states of an episode say what each card counts, but not which one it is, nor what the dealer drew: the
//! picture deals cards that fit, by chance of its own, the same for the same episode.

use super::deal::{BlackjackHand, CARDS, ENOUGH};
use super::{BUST, BlackjackRules, BlackjackState};
use crate::random::Generator;
use shared::quantity::Seed;

/// The stream of chance that cards are dealt from.
const CARD_STREAM: u64 = 0x6361_7264;
/// So often cards are dealt anew until they fit. The rarest fit once in some hundred times.
const MOST_DEALS: usize = 20_000;

/// A card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// What stands on it.
    pub(super) rank: &'static str,
    /// Hearts, spades, diamonds or clubs.
    pub(super) suit: usize,
}

/// The hands on the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The player's cards, in the order in which they came.
    pub(super) player: Vec<Card>,
    /// The dealer's cards that are open.
    pub(super) dealer: Vec<Card>,
    /// What the dealer's open cards come to.
    pub(super) dealer_sum: usize,
}

impl Table {
    /// The table after the player's hands were `states`, with the result where the episode is over. None where no cards come to these
    /// hands.
    pub(super) fn of(rules: BlackjackRules, states: &[usize], ended: Option<u8>, seed: Seed) -> Option<Self> {
        let hands: Vec<BlackjackState> =
            states.iter().map(|it| BlackjackState::from_state(*it)).collect::<Option<_>>()?;
        let (first, last) = (*hands.first()?, *hands.last()?);
        let mut chance = Generator::new(seed.derive(CARD_STREAM, 0));
        let mut values = deal_until(|| {
            let cards = vec![draw(&mut chance), draw(&mut chance)];
            (hand(&cards) == first.hand).then_some(cards)
        })?;
        for pair in hands.windows(2) {
            let fits = |card: &usize| pair[0].hand.with(*card) == pair[1].hand;
            // Who sticks gets none.
            values.extend(CARDS.iter().map(|(card, _)| *card).find(fits).filter(|_| pair[0].hand != pair[1].hand));
        }
        let dealer = match ended {
            None => vec![last.dealer],
            Some(BUST) => vec![last.dealer, draw(&mut chance)],
            Some(result) => deal_until(|| {
                let mut cards = vec![last.dealer, draw(&mut chance)];
                let is_natural = hand(&cards).sum == 21;
                while hand(&cards).sum < ENOUGH {
                    cards.push(draw(&mut chance));
                }
                let score = Some(hand(&cards).sum).filter(|it| *it <= 21).unwrap_or(0);
                (rules.verdict(last, score, is_natural) == result).then_some(cards)
            })?,
        };
        // Of streams of their own, so that cards that lie there stay as they are.
        let mut faces = [1, 2].map(|index| Generator::new(seed.derive(CARD_STREAM, index)));
        let player = values.into_iter().map(|value| Card::of(value, &mut faces[0])).collect();
        let dealer_sum = hand(&dealer).sum;
        Some(Self {
            player,
            dealer: dealer.into_iter().map(|value| Card::of(value, &mut faces[1])).collect(),
            dealer_sum,
        })
    }
}

impl Card {
    fn of(value: usize, chance: &mut Generator) -> Self {
        const RANKS: [&str; 9] = ["A", "2", "3", "4", "5", "6", "7", "8", "9"];
        const TENS: [&str; 4] = ["10", "J", "Q", "K"];
        let (suit, ten) = (chance.below(4) as usize, chance.below(4) as usize);
        Self { rank: RANKS.get(value.wrapping_sub(1)).unwrap_or(&TENS[ten]), suit }
    }
}

fn hand(cards: &[usize]) -> BlackjackHand {
    cards.iter().fold(BlackjackHand::default(), |hand, card| hand.with(*card))
}

/// A card of the endless deck.
fn draw(chance: &mut Generator) -> usize {
    // Of thirteen, the last four count 10.
    (chance.below(13) as usize + 1).min(10)
}

fn deal_until(mut deal: impl FnMut() -> Option<Vec<usize>>) -> Option<Vec<usize>> {
    (0..MOST_DEALS).find_map(|_| deal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blackjack::tests::environment;
    use crate::blackjack::{HIT, STICK};
    use crate::environment::Environment as _;

    fn value(card: &Card) -> usize {
        match card.rank {
            "A" => 1,
            "J" | "Q" | "K" => 10,
            number => number.parse().unwrap(),
        }
    }

    fn sum(cards: &[Card]) -> BlackjackHand {
        hand(&cards.iter().map(value).collect::<Vec<_>>())
    }

    #[test]
    fn cards_come_to_what_the_state_says_and_to_the_result_and_stay() {
        for rules in ["sab", "natural", "plain"] {
            let mut environment = environment(rules);
            let kind = match rules {
                "natural" => BlackjackRules::Natural,
                "plain" => BlackjackRules::Plain,
                _ => BlackjackRules::SuttonAndBarto,
            };
            let mut longest = 0;
            for seed in 0..400 {
                environment.reset(Seed::new(seed).unwrap());
                let mut before = Table::default();
                loop {
                    let states = environment.states_after(HIT);
                    assert_eq!(states.last(), Some(&environment.state()));
                    let ended = environment.ended().then(|| environment.outcome());
                    let table = Table::of(kind, &states, ended, environment.seed()).unwrap();
                    assert_eq!(Some(table.clone()), Table::of(kind, &states, ended, environment.seed()));
                    let situation = BlackjackState::from_state(environment.state()).unwrap();
                    assert_eq!(sum(&table.player), situation.hand, "{table:?}");
                    assert_eq!(value(&table.dealer[0]), situation.dealer, "{table:?}");
                    assert!(table.player.starts_with(&before.player) && table.dealer.starts_with(&before.dealer));
                    if let Some(result) = ended {
                        let dealer = sum(&table.dealer).sum;
                        let is_natural = table.dealer.len() == 2 && dealer == 21;
                        let verdict = kind.verdict(situation, if dealer > 21 { 0 } else { dealer }, is_natural);
                        assert!(table.dealer.len() > 1 && (result == BUST || verdict == result), "{table:?} {result}");
                        break;
                    }
                    assert_eq!(table.dealer.len(), 1, "the other card is not known yet");
                    longest = longest.max(table.player.len());
                    before = table;
                    let action = if situation.hand.sum < 18 && seed % 3 > 0 { HIT } else { STICK };
                    environment.step(action).unwrap();
                }
            }
            assert!(longest > 3);
        }
    }
}
