//! Blackjack by Monte Carlo: Sutton and Barto, 2nd edition, figures 5.1 to 5.3.

use crate::experiment::{Picture, book, row, runs, text};
use crate::pairs::{AnyVisitor, agent, environment, with};
use agents::agent::{Agent, CurrentState};
use agents::planning::dynamic_programming;
use environments::{Environment, Generator, Model};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;

const PICTURE: Picture = Picture::new("blackjack", "dealer's open card", "least sum to stick on").within(12.0, 21.0);

const STICK: u16 = 0;
const HIT: u16 = 1;

fn table() -> EnvironmentSpec {
    environment("blackjack", &[("rules", text("plain"))])
}

fn state(sum: usize, dealer: usize, usable: bool) -> usize {
    (sum * 11 + dealer) * 2 + usize::from(usable)
}

/// The states in which there is something to decide: sums of 12 to 21.
fn decisions() -> impl Iterator<Item = (usize, usize, bool)> {
    (12..=21).flat_map(|sum| (1..=10).flat_map(move |dealer| [false, true].map(|usable| (sum, dealer, usable))))
}

/// Who chooses, beside the agent.
enum Player {
    /// Sticks on 20 and 21 and hits on everything else.
    SticksOn20,
    /// The agent, but for a first action by chance: exploring starts (section 5.3).
    ExploringStarts,
}

/// What Monte Carlo found: action values, visits of every state, and the exact model.
struct Found {
    q: Vec<f64>,
    visits: Vec<u32>,
    model: Model,
}

struct Play(Player, u64);

impl AnyVisitor for Play {
    type Output = Found;

    fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Found {
        let Self(player, episodes) = self;
        let mut generator = Generator::new(Seed::default().derive(4, 0));
        for index in 0..episodes {
            environment.reset(Seed::default().derive(1, index));
            agent.begin(CurrentState::of(&environment));
            let mut first = true;
            while !environment.ended() {
                let forced = match player {
                    Player::SticksOn20 => Some(if environment.state() / 22 >= 20 { STICK } else { HIT }),
                    Player::ExploringStarts if first => Some(generator.below(2) as u16),
                    Player::ExploringStarts => None,
                };
                let action = forced.unwrap_or_else(|| agent.act(CurrentState::of(&environment)));
                if forced.is_some() {
                    agent.force(CurrentState::of(&environment), action);
                }
                let step = environment.step(action).unwrap();
                agent.learn(action, step, CurrentState::of(&environment)).unwrap();
                first = false;
            }
            agent.finish(CurrentState::of(&environment)).unwrap();
        }
        let (q, visits) =
            agent.table().map(|it| (it.q.to_vec(), it.statistics.iter().map(|state| state.visits).collect())).unwrap();
        Found { q, visits, model: environment.model().unwrap().clone() }
    }
}

fn play(player: Player, episodes: u64) -> Found {
    with(&table(), &agent("monte-carlo", &book(0.1, 0.0, 1.0)), 1, Play(player, episodes)).unwrap()
}

#[test]
fn sticking_on_20_is_worth_what_dynamic_programming_says() {
    let found = play(Player::SticksOn20, runs(500_000, 20_000_000).end);
    let policy: Vec<f64> =
        (0..found.model.states()).flat_map(|state| if state / 22 >= 20 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
    let mut exact = vec![0.0; found.model.states()];
    dynamic_programming::evaluate_greedy(&found.model, &policy, 1.0, &mut exact, 1e-12, 100);
    // Figure 5.3 looks at the usable 13 against a deuce.
    assert!((exact[state(13, 2, true)] + 0.277_204_191_8).abs() < 1e-9);
    let mut worst = (0.0_f64, (0, 0, false));
    for (sum, dealer, usable) in decisions() {
        let state = state(sum, dealer, usable);
        let action = if sum >= 20 { STICK } else { HIT };
        // A return's standard deviation is at most 1.
        let errors = (found.q[state * 2 + usize::from(action)] - exact[state]) * f64::from(found.visits[state]).sqrt();
        worst = if errors.abs() > worst.0 { (errors.abs(), (sum, dealer, usable)) } else { worst };
    }
    let of_13 = found.q[state(13, 2, true) * 2 + usize::from(HIT)];
    let from = f64::from(found.visits[state(13, 2, true)]);
    let tolerance = 4.5 / from.sqrt();
    row("sticking on 20, usable 13 against 2", of_13, &format!("{from} visits"), exact[state(13, 2, true)], tolerance);
    row("sticking on 20, farthest of 200 states, in standard errors", worst.0, "200 states", 0.0, 4.5);
    assert!(worst.0 < 4.5, "{worst:?}");
}

#[test]
fn exploring_starts_find_the_policy_of_figure_5_2() {
    let episodes = runs(1_000_000, 100_000_000).end;
    let found = play(Player::ExploringStarts, episodes);
    let best = dynamic_programming::value_iteration(&found.model, 1.0, 1e-12);
    // What Monte Carlo cannot tell apart in so many episodes; at last all but 12 v 4 and 16 v 10.
    let least_gap = if cfg!(feature = "figures") { 0.01 } else { 0.1 };
    let (mut told_apart, mut wrong, mut squares) = (0, Vec::new(), 0.0);
    for (sum, dealer, usable) in decisions() {
        let state = state(sum, dealer, usable);
        let [stick, hit] = [STICK, HIT].map(|action| state * 2 + usize::from(action));
        let value = found.q[stick].max(found.q[hit]);
        squares += (value - best.v[state]) * (value - best.v[state]);
        if (best.q[stick] - best.q[hit]).abs() >= least_gap {
            told_apart += 1;
            if (found.q[hit] > found.q[stick]) != (best.q[hit] > best.q[stick]) {
                wrong.push((sum, dealer, usable));
            }
        }
    }
    let distance = (squares / 200.0).sqrt();
    let mut v = vec![0.0; found.model.states()];
    dynamic_programming::evaluate_greedy(&found.model, &found.q, 1.0, &mut v, 1e-12, 100);
    let [at_best, at_found] = [&best.v, &v].map(|v| dynamic_programming::at_start(&found.model, v));
    let (farthest, dearest) = if cfg!(feature = "figures") { (0.005, 0.0005) } else { (0.04, 0.005) };
    row("value surface, root mean square error", distance, "200 states", 0.0, farthest);
    row("states with another action than the best", wrong.len() as f64, &format!("{told_apart} states"), 0.0, 0.0);
    row("the policy's value at the start", at_found, &format!("{episodes} episodes"), at_best, dearest);
    for (name, usable) in [("no usable ace", false), ("usable ace", true)] {
        let sticks = |sum: usize, dealer| {
            let state = state(sum, dealer, usable) * 2;
            found.q[state] >= found.q[state + 1]
        };
        let from = |dealer| (12..=21).find(|sum| sticks(*sum, dealer)).unwrap_or(22);
        PICTURE.curve(name, (1..=10).map(|dealer| (dealer as f64, from(dealer) as f64)));
    }
    assert!((at_best + 0.046_555_977).abs() < 1e-8, "the reference itself");
    assert_eq!(wrong, []);
    assert!(told_apart >= if cfg!(feature = "figures") { 198 } else { 140 }, "{told_apart}");
    assert!(distance < farthest && at_best - at_found < dearest);
}
