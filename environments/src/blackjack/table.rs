//! How a hand of blackjack looks: green felt, cards, and a ribbon with the result.
//!
//! A state knows the player's sum and not the single cards. So the cards say what is known: an ace if one counts 11,
//! with the rest of the sum beside it; otherwise they show no numbers.

use super::{BUST, BlackjackState, DRAWN, LOST, PLAIN_STATES, WON};
use crate::finite::{FiniteMoment, Portrayal};
use shared::scene::{Ink, Scene, Shape};

const WIDTH: f32 = 12.0;
const HEIGHT: f32 = 8.4;
const CARD: (f32, f32) = (1.8, 2.6);
/// Width of the table with the chart beside it.
const WHOLE: f32 = 17.6;
/// Where the chart of the states begins, and the size of one.
const CHART: (f32, f32) = (12.9, 0.9);
pub(super) const CHART_CELL: (f32, f32) = (0.44, 0.62);
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
pub(super) struct BlackjackPortrayal;

impl Portrayal for BlackjackPortrayal {
    fn draw(&self, FiniteMoment { state, ended, .. }: FiniteMoment) -> Scene {
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
        let BlackjackState { hand, natural, dealer } = situation;
        chart(&mut scene, situation);
        scene.text((2.2, 2.3), 0.36, "Dealer", Ink::White);
        card(&mut scene, (4.2, 1.0), &face(dealer), 2);
        back(&mut scene, (6.3, 1.0));
        scene.text((2.2, 5.7), 0.36, "Player", Ink::White);
        scene.text((2.2, 6.35), 0.3, if hand.usable { "soft" } else { "hard" }, Ink::White);
        if hand.usable {
            card(&mut scene, (4.2, 4.7), "A", 0);
            card(&mut scene, (6.3, 4.7), &if natural { "10".to_owned() } else { face(hand.sum - 11) }, 1);
        } else {
            card(&mut scene, (4.2, 4.7), "", 2);
            card(&mut scene, (6.3, 4.7), "", 3);
        }
        scene.disc((10.0, 6.0), 1.05, Ink::White);
        scene.disc((10.0, 6.0), 0.95, if hand.sum > 21 { Ink::Stop } else { Ink::Agent });
        scene.text((10.0, 6.0), 0.75, hand.sum.to_string(), Ink::White);
        let result = match ended {
            Some(BUST) => Some(("Bust", Ink::Stop)),
            Some(LOST) => Some(("Dealer wins", Ink::Stop)),
            Some(DRAWN) => Some(("Draw", Ink::Caution)),
            Some(WON) if natural => Some(("Blackjack!", Ink::Go)),
            Some(WON) => Some(("You win", Ink::Go)),
            _ => None,
        };
        if let Some((text, ink)) = result {
            scene.fill((3.4, 3.68), (5.2, 0.94), 0.47, Ink::White);
            scene.fill((3.48, 3.76), (5.04, 0.78), 0.39, ink);
            scene.text((6.0, 4.15), 0.4, text, Ink::Black);
        }
        scene.words = words(situation, result.map(|(text, _)| text));
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

fn words(BlackjackState { hand, natural, dealer }: BlackjackState, result: Option<&str>) -> String {
    let kind = match (natural, hand.usable) {
        (true, _) => ", a natural",
        (_, true) => " with a usable ace",
        _ => "",
    };
    let result = result.map_or(String::new(), |it| format!(" {it}."));
    let dealer = if dealer == 1 { "an ace".to_owned() } else { format!("a {dealer}") };
    format!("The player has {}{kind}; the dealer shows {dealer}.{result}", hand.sum)
}
