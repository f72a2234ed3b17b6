//! Blackjack: closer to 21 than the dealer, and not beyond.
//!
//! * **Actions**: 0 stick, 1 hit.
//! * **States**: `(sum * 11 + dealer) * 2 + usable` for the player's sum (up to 31 when bust), the dealer's open card
//!   (1 is an ace) and whether the player has an ace that counts 11. With rules under which a natural (an ace and a
//!   ten at once) counts more than another 21, it has states of its own: 704 plus the dealer's card.
//! * **Cards** come from an endless deck: 1 to 9 with probability 1/13 each, 10 with 4/13.
//! * **The dealer** hits below 17. All hands of the dealer are enumerated, so the model is exact.
//! * **Start**: two cards for the player and one open card of the dealer, as the deck deals them.
//! * **Rewards**: 1 won, 0 drawn, -1 lost or bust.
//! * **Rules**: `sab` as in the book and in `Blackjack-v1`: a natural beats all but another natural; `natural`: as
//!   `plain`, but winning with a natural pays 1.5; `plain`: a natural is a 21 like any other.
//! * **Episode end**: sticking and going bust terminate.
//!
//! States, rewards and rules equal `Blackjack-v1` of Gymnasium 1.4.0 with its options `sab` and `natural`. Source:
//! Sutton and Barto, 2nd edition, example 5.1.

mod cards;
mod deal;
mod table;

use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::model::{Model, Outcome};
use deal::{BlackjackHand, CARDS, DealerResult, dealer_results};
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use std::array;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use table::BlackjackPortrayal;

const STICK: u16 = 0;
/// The only action after which an episode can go on.
const HIT: u16 = 1;
const PLAIN_STATES: usize = 32 * 11 * 2;
const BUST: u8 = 1;
const LOST: u8 = 2;
const DRAWN: u8 = 3;
const WON: u8 = 4;

/// How naturals count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlackjackRules {
    SuttonAndBarto,
    Natural,
    Plain,
}

impl BlackjackRules {
    /// Who wins when the player sticks and the dealer comes to `score`, 0 when bust, by an ace and a ten at once or not.
    fn verdict(self, BlackjackState { hand, natural, .. }: BlackjackState, score: usize, by_natural: bool) -> u8 {
        let beaten_by_natural = self == Self::SuttonAndBarto && natural && !by_natural;
        match hand.sum.cmp(&score) {
            _ if beaten_by_natural => WON,
            Ordering::Greater => WON,
            Ordering::Equal => DRAWN,
            Ordering::Less => LOST,
        }
    }
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |name: &str, label: &str| Preset::new(name, label, vec![("rules", Value::Text(name.into()))]);
    CatalogEntry::new(
        &Words {
            id: "blackjack",
            title: "Blackjack",
            summary: "Another card, or enough? The dealer shows one card. The classic of Monte Carlo methods: short \
                      episodes, much chance, and a best policy that fits on a card.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 5.1; Gymnasium 1.4.0, Blackjack-v1",
        },
        vec![ParameterSpec::choice(
            "rules",
            "Rules",
            &[("sab", "Sutton and Barto"), ("natural", "natural pays 1.5"), ("plain", "naturals not special")],
            "What an ace and a ten at once are worth.",
        )],
        vec![preset("natural", "natural pays 1.5"), preset("plain", "naturals not special")],
    )
}

/// What a state stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BlackjackState {
    hand: BlackjackHand,
    /// Whether the hand is a natural and the rules care.
    natural: bool,
    /// The dealer's open card, 1 to 10.
    dealer: usize,
}

impl BlackjackState {
    /// Takes a state apart; `None` for numbers that no hand has.
    fn from_state(state: usize) -> Option<Self> {
        let natural = state >= PLAIN_STATES;
        let (sum, dealer, usable) =
            if natural { (21, state - PLAIN_STATES, true) } else { (state / 22, state / 2 % 11, state % 2 == 1) };
        let exists = if usable { (12..=21).contains(&sum) } else { (4..=31).contains(&sum) };
        (exists && dealer > 0).then_some(Self { hand: BlackjackHand { sum, usable }, natural, dealer })
    }

    const fn state(self) -> usize {
        if self.natural {
            PLAIN_STATES + self.dealer
        } else {
            (self.hand.sum * 11 + self.dealer) * 2 + self.hand.usable as usize
        }
    }
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let rules = match parameters.text("rules")? {
        "natural" => BlackjackRules::Natural,
        "plain" => BlackjackRules::Plain,
        _ => BlackjackRules::SuttonAndBarto,
    };
    let states = if rules == BlackjackRules::Plain { PLAIN_STATES } else { PLAIN_STATES + 11 };
    let results: [Vec<DealerResult>; 11] = array::from_fn(|open| if open > 0 { dealer_results(open) } else { vec![] });
    let model = Model::build(states, 2, starts(rules), |state, action, into| match BlackjackState::from_state(state) {
        Some(situation) if situation.hand.sum <= 21 => {
            if action == STICK as usize {
                stick(situation, &results[situation.dealer], rules, into);
            } else {
                hit(situation, into);
            }
        }
        _ => into.push(Outcome { terminated: true, ..Outcome::certain(state, 0.0) }),
    })
    .map_err(|error| ParameterError::invalid("rules", error))?;
    Ok(FiniteEnvironment::new(model, describe(states, rules), BlackjackPortrayal(rules)))
}

/// Two cards for the player and one open card for the dealer.
fn starts(rules: BlackjackRules) -> Vec<(u32, f64)> {
    let mut starts = BTreeMap::new();
    for (first, p) in CARDS {
        for (second, q) in CARDS {
            let hand = BlackjackHand::default().with(first).with(second);
            for (dealer, r) in CARDS {
                let situation =
                    BlackjackState { hand, natural: hand.sum == 21 && rules != BlackjackRules::Plain, dealer };
                *starts.entry(situation.state() as u32).or_insert(0.0) += p * q * r;
            }
        }
    }
    starts.into_iter().collect()
}

fn hit(situation: BlackjackState, into: &mut Vec<Outcome>) {
    for (card, probability) in CARDS {
        let hand = situation.hand.with(card);
        let next = BlackjackState { hand, natural: false, ..situation }.state() as u32;
        let bust = hand.sum > 21;
        let (reward, reason) = if bust { (-1.0, BUST) } else { (0.0, 0) };
        into.push(Outcome { probability, next, reward, terminated: bust, reason });
    }
}

fn stick(situation: BlackjackState, results: &[DealerResult], rules: BlackjackRules, into: &mut Vec<Outcome>) {
    let BlackjackState { natural, .. } = situation;
    let (mut lost, mut drawn, mut won) = (0.0, 0.0, 0.0);
    for result in results {
        *match rules.verdict(situation, result.score, result.natural) {
            WON => &mut won,
            DRAWN => &mut drawn,
            _ => &mut lost,
        } += result.probability;
    }
    let prize = if rules == BlackjackRules::Natural && natural { 1.5 } else { 1.0 };
    for (probability, reward, reason) in [(lost, -1.0, LOST), (drawn, 0.0, DRAWN), (won, prize, WON)] {
        if probability > 0.0 {
            // Many small shares may sum to a hair above 1.
            let probability = probability.min(1.0);
            into.push(Outcome { probability, next: situation.state() as u32, reward, terminated: true, reason });
        }
    }
}

fn describe(states: usize, rules: BlackjackRules) -> EnvironmentDescription {
    let action = |name: &str, key: &str| ActionDescription::new(name, key, None);
    let entry = |name: &str, high: f32| ObservationDescription::new(name, 0.0, high);
    EnvironmentDescription {
        id: "blackjack".into(),
        title: "Blackjack".into(),
        subtitle: match rules {
            BlackjackRules::SuttonAndBarto => "a natural beats any other 21",
            BlackjackRules::Natural => "a natural pays 1.5",
            BlackjackRules::Plain => "naturals are not special",
        }
        .into(),
        actions: vec![action("stick", "s"), action("hit", "h")],
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "bust", "lost", "drawn", "won"]),
        counters: vec![],
        observation: vec![entry("sum", 31.0), entry("dealer", 10.0), entry("usable ace", 1.0), entry("natural", 1.0)],
        board: None,
        states: Some(states as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        // A chart for hands with a usable ace and one for those without.
        layout: Some(StateLayout::Boxes { centres: (0..states).map(table::place).collect(), size: table::CHART_CELL }),
        step_limit: None,
    }
}

#[cfg(test)]
mod tests;
