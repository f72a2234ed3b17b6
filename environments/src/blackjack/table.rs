//! How a hand of blackjack looks: green felt, cards, and a ribbon with the result.
//!
//! The dealer's second card lies with its face down until the hand is over.

use super::cards::{Card, Table};
use super::{BUST, BlackjackRules, BlackjackState, DRAWN, HIT, LOST, PLAIN_STATES, WON};
use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal};
use shared::scene::{Ink, Scene, Shape};

const WIDTH: f32 = 9.2;
const HEIGHT: f32 = 11.0;
const CARD: (f32, f32) = (1.8, 2.6);
/// Between the beginnings of two cards that lie side by side.
const BESIDE: f32 = 2.0;
/// Where cards begin and end.
const LEFT: f32 = 0.85;
const RIGHT: f32 = 6.45;
/// Where a hand's name stands, its row of cards and what it comes to: the dealer's above, the player's below.
const HANDS: [f32; 2] = [1.35, 6.75];
/// How far below its name a hand's cards begin.
const BELOW_NAME: f32 = 0.5;
/// The middle of the circle that tells what a hand comes to.
const SUM: f32 = 7.6;
/// Width of the table with the chart beside it.
const WHOLE: f32 = 15.9;
/// Where the chart of the states begins, and the size of one.
const CHART: (f32, f32) = (10.2, 1.2);
pub(super) const CHART_CELL: (f32, f32) = (0.54, 0.82);
/// The least hand on the chart: with less another card never harms.
const LEAST: usize = 12;

/// Where a state stands on the chart: the dealer's card to the right, the player's sum upward. Whoever has less, is bust or has a
/// natural has nothing to choose, and no place.
pub(super) fn place(state: usize) -> (f32, f32) {
    let (sum, dealer) = (state / 22, state / 2 % 11);
    if state >= PLAIN_STATES || !(LEAST..=21).contains(&sum) || dealer == 0 {
        return (-1.0, -1.0);
    }
    let (column, row) = ((dealer - 1) as f32, (21 - sum) as f32);
    (CHART.0 + (column + 0.5) * CHART_CELL.0, CHART.1 + (row + 0.5) * CHART_CELL.1)
}

/// What stands around the chart; the present state's row and column are marked.
fn chart(scene: &mut Scene, BlackjackState { hand, dealer, .. }: BlackjackState) {
    let (width, height) = (10.0 * CHART_CELL.0, 10.0 * CHART_CELL.1);
    let label = |is_present: bool| if is_present { (0.4, Ink::Agent) } else { (0.3, Ink::Ink) };
    scene.fill(CHART, (width, height), 0.1, Ink::GroundAlternate);
    for sum in LEAST..=21 {
        let (size, ink) = label(sum == hand.sum);
        scene.text((CHART.0 - 0.34, CHART.1 + ((21 - sum) as f32 + 0.5) * CHART_CELL.1), size, sum.to_string(), ink);
    }
    let below = CHART.1 + height;
    for other in 1..=10 {
        let (size, ink) = label(other == dealer);
        scene.text((CHART.0 + ((other - 1) as f32 + 0.5) * CHART_CELL.0, below + 0.28), size, face(other), ink);
    }
    let middle = CHART.0 + width / 2.0;
    scene.text((middle, CHART.1 - 0.4), 0.32, if hand.usable { "soft" } else { "hard" }, Ink::Ink);
    scene.text((middle, below + 0.76), 0.32, "Dealer", Ink::Ink);
}

#[derive(Debug)]
pub(super) struct BlackjackPortrayal(pub(super) BlackjackRules);

impl Portrayal for BlackjackPortrayal {
    fn draw(&self, FiniteMoment { state, ended, .. }: FiniteMoment, episode: &FiniteEnvironment) -> Scene {
        let mut scene = Scene::new(WHOLE, HEIGHT);
        scene.fill((0.0, 0.0), (WIDTH, HEIGHT), 0.9, Ink::Wall);
        scene.fill((0.25, 0.25), (WIDTH - 0.5, HEIGHT - 0.5), 0.7, Ink::Plant);
        scene.shapes.push(Shape::Box {
            x: 0.55,
            y: 0.55,
            width: WIDTH - 1.1,
            height: HEIGHT - 1.1,
            radius: 0.5,
            ink: Ink::White,
            outline: 0.04,
        });
        let Some(situation) = BlackjackState::from_state(state) else { return scene };
        let BlackjackState { hand, natural, .. } = situation;
        let table = Table::of(self.0, &episode.states_after(HIT), ended, episode.seed()).unwrap_or_default();
        chart(&mut scene, situation);
        let [dealer, player] = HANDS.map(|name| name + BELOW_NAME);
        scene.text((LEFT + CARD.0 / 2.0, HANDS[0]), 0.4, "Dealer", Ink::White);
        cards(&mut scene, dealer, &table.dealer);
        if ended.is_none() {
            back(&mut scene, (LEFT + BESIDE, dealer));
        } else {
            sum(&mut scene, dealer + CARD.1 / 2.0, table.dealer_sum);
        }
        scene.text((LEFT + CARD.0 / 2.0, HANDS[1]), 0.4, "Player", Ink::White);
        scene.text((SUM, HANDS[1]), 0.34, if hand.usable { "soft" } else { "hard" }, Ink::White);
        cards(&mut scene, player, &table.player);
        sum(&mut scene, player + CARD.1 / 2.0, hand.sum);
        let result = match ended {
            Some(BUST) => Some(("Bust", Ink::Stop)),
            Some(LOST) => Some(("Dealer wins", Ink::Stop)),
            Some(DRAWN) => Some(("Draw", Ink::Caution)),
            Some(WON) if natural => Some(("Blackjack!", Ink::Go)),
            Some(WON) => Some(("You win", Ink::Go)),
            _ => None,
        };
        if let Some((text, ink)) = result {
            let (middle, top) = (WIDTH / 2.0, (dealer + CARD.1 + HANDS[1] - 1.14) / 2.0);
            scene.fill((middle - 2.6, top), (5.2, 0.94), 0.47, Ink::White);
            scene.fill((middle - 2.52, top + 0.08), (5.04, 0.78), 0.39, ink);
            scene.text((middle, top + 0.47), 0.4, text, Ink::Black);
        }
        scene.words = words(situation, ended.map(|_| table.dealer_sum), result.map(|(text, _)| text));
        scene
    }

    fn text(&self, state: usize) -> String {
        BlackjackState::from_state(state).map_or_else(String::new, |BlackjackState { hand, natural, dealer }| {
            let kind = match (natural, hand.usable) {
                (true, _) => " natural",
                (_, true) => " soft",
                _ => "",
            };
            format!("{}{kind} against {}", hand.sum, face(dealer))
        })
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        into.fill(0.0);
        if let Some(BlackjackState { hand, natural, dealer }) = BlackjackState::from_state(state) {
            let flag = |it: bool| f32::from(u8::from(it));
            into.copy_from_slice(&[hand.sum as f32, dealer as f32, flag(hand.usable), flag(natural)]);
        }
    }
}

fn face(value: usize) -> String {
    if value == 1 { "A".to_owned() } else { value.to_string() }
}

/// What a hand comes to, beside it.
fn sum(scene: &mut Scene, y: f32, sum: usize) {
    scene.disc((SUM, y), 0.95, Ink::White);
    scene.disc((SUM, y), 0.86, if sum > 21 { Ink::Stop } else { Ink::Agent });
    scene.text((SUM, y), 0.7, sum.to_string(), Ink::White);
}

/// A row of cards; where there is no room side by side, they lie on each other.
fn cards(scene: &mut Scene, y: f32, hand: &[Card]) {
    let between = hand.len().saturating_sub(1).max(1) as f32;
    let step = BESIDE.min((RIGHT - LEFT - CARD.0) / between);
    for (place, it) in hand.iter().enumerate() {
        card(scene, (LEFT + place as f32 * step, y), it.rank, it.suit);
    }
}

/// A card with its upper left corner at (x, y); suits 0 and 2 are red.
fn card(scene: &mut Scene, (x, y): (f32, f32), face: &str, suit: usize) {
    let (width, height) = CARD;
    scene.fill((x + 0.06, y + 0.08), CARD, 0.2, Ink::Black);
    scene.fill((x, y), CARD, 0.2, Ink::White);
    let ink = if suit.is_multiple_of(2) { Ink::Stop } else { Ink::Black };
    scene.text((x + 0.4, y + 0.42), 0.36, face, ink);
    scene.text((x + width - 0.4, y + height - 0.42), 0.36, face, ink);
    let (x, y) = (x + width / 2.0, y + height / 2.0);
    match suit {
        0 => {
            scene.disc((x - 0.19, y - 0.12), 0.22, ink);
            scene.disc((x + 0.19, y - 0.12), 0.22, ink);
            scene.polygon(&[(x - 0.39, y - 0.03), (x + 0.39, y - 0.03), (x, y + 0.45)], ink);
        }
        1 => {
            scene.disc((x - 0.19, y + 0.08), 0.22, ink);
            scene.disc((x + 0.19, y + 0.08), 0.22, ink);
            scene.polygon(&[(x - 0.39, y), (x + 0.39, y), (x, y - 0.46)], ink);
            scene.polygon(&[(x, y), (x - 0.16, y + 0.46), (x + 0.16, y + 0.46)], ink);
        }
        2 => scene.polygon(&[(x, y - 0.48), (x + 0.34, y), (x, y + 0.48), (x - 0.34, y)], ink),
        _ => {
            scene.disc((x - 0.2, y + 0.06), 0.21, ink);
            scene.disc((x + 0.2, y + 0.06), 0.21, ink);
            scene.disc((x, y - 0.24), 0.21, ink);
            scene.polygon(&[(x, y - 0.1), (x - 0.16, y + 0.46), (x + 0.16, y + 0.46)], ink);
        }
    }
}

fn back(scene: &mut Scene, (x, y): (f32, f32)) {
    let (width, height) = CARD;
    scene.fill((x + 0.06, y + 0.08), CARD, 0.2, Ink::Black);
    scene.fill((x, y), CARD, 0.2, Ink::White);
    scene.fill((x + 0.14, y + 0.14), (width - 0.28, height - 0.28), 0.12, Ink::Hue(4));
    for step in 0..5_u8 {
        let shift = f32::from(step) * 0.45;
        scene.line(&[(x + 0.24, y + 0.4 + shift), (x + width - 0.24, y + 0.22 + shift)], 0.05, Ink::White);
    }
}

fn words(
    BlackjackState { hand, natural, dealer }: BlackjackState,
    dealer_sum: Option<usize>,
    result: Option<&str>,
) -> String {
    let kind = match (natural, hand.usable) {
        (true, _) => ", a natural",
        (_, true) => " with a usable ace",
        _ => "",
    };
    let result = result.map_or(String::new(), |it| format!(" {it}."));
    let dealer = match (dealer_sum, dealer) {
        (Some(sum), _) => format!("has {sum}"),
        (None, 1) => "shows an ace".to_owned(),
        (None, card) => format!("shows a {card}"),
    };
    format!("The player has {}{kind}; the dealer {dealer}.{result}", hand.sum)
}
