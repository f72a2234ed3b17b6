//! Values worked out by hand, the same by other ways, and what has no value.

use super::*;
use crate::planning::dynamic_programming::{evaluate_greedy, value_iteration};
use environments::model::Outcome as After;
use proptest::prelude::*;

/// State, action, probability, next state, reward, whether it ends.
type Row = (usize, usize, f64, usize, f64, bool);

/// The model of a table, as the environment mdp builds it: actions without rows are not legal.
fn model(rows: &[Row]) -> Model {
    let states = rows.iter().map(|row| row.0.max(row.3)).max().unwrap() + 1;
    let actions = rows.iter().map(|row| row.1).max().unwrap() + 1;
    let of = |state, action| rows.iter().filter(move |row| (row.0, row.1) == (state, action));
    let legal = |state| (0..actions).filter(|it| of(state, *it).next().is_some()).fold(0, |bits, it| bits | 1 << it);
    let masks: Vec<u64> = (0..states).map(legal).collect();
    let all = ActionMask::all(actions);
    Model::build(states, actions, vec![(0, 1.0)], |state, action, into| {
        into.extend(of(state, action).map(|row| After {
            probability: row.2,
            next: row.3 as u32,
            reward: row.4,
            terminated: row.5,
            reason: 0,
        }));
        if of(state, action).next().is_none() {
            into.push(After { terminated: true, ..After::certain(state, 0.0) });
        }
    })
    .and_then(|it| it.with_legal(masks.iter().map(|it| if *it == 0 { all } else { ActionMask(*it) }).collect()))
    .unwrap()
    .with_ends((0..states).filter(|state| masks[*state] == 0))
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-11 * one.abs().max(other.abs()).max(1.0)
}

#[track_caller]
fn check(rows: &[Row], gamma: f64, values: &[f64]) -> Solution {
    let solution = solve(&model(rows), gamma);
    assert_eq!(solution.outcome(), SolverOutcome::Exact, "{solution:?}");
    for (state, expected) in values.iter().enumerate() {
        assert!(close(solution.v[state], *expected), "state {state}: {} and {expected}", solution.v[state]);
    }
    assert!(solution.error_bound <= 1e-9 * values.iter().fold(1.0, |most, it| f64::max(most, it.abs())));
    solution
}

#[track_caller]
fn check_outcome(rows: &[Row], gamma: f64, outcome: SolverOutcome) -> Solution {
    let solution = solve(&model(rows), gamma);
    assert_eq!(solution.outcome(), outcome, "{solution:?}");
    solution
}

const TWO_STATES: [Row; 4] =
    [(0, 0, 0.5, 0, 5.0, false), (0, 0, 0.5, 1, 5.0, false), (0, 1, 1.0, 1, 10.0, false), (1, 2, 1.0, 1, -1.0, false)];

/// Sums that cancel leave 2e-16 in the place of 0: what is worth that is worth 0, and what is worth 0 is as good.
#[test]
fn a_tie_at_0_is_one_whatever_rounding_leaves() {
    let bet = [(0, 0, 1.0, 1, 0.0, true), (0, 1, 0.4, 1, 3.0, true), (0, 1, 0.6, 1, -2.0, true)];
    let trade =
        [(0, 0, 1.0, 3, 0.0, true), (0, 1, 1.0, 1, -0.3, false), (1, 1, 1.0, 2, 0.1, false), (2, 1, 1.0, 3, 0.2, true)];
    for rows in [&bet[..], &trade] {
        let model = model(rows);
        for gamma in [1.0, 0.99] {
            if gamma < 1.0 && rows.len() > 3 {
                continue;
            }
            let solution = solve(&model, gamma);
            assert_eq!(solution.outcome(), SolverOutcome::Exact);
            assert_eq!((solution.v[0], solution.q[0], solution.q[1]), (0.0, 0.0, 0.0), "{rows:?}");
            assert_eq!(solution.best(0), ActionMask(0b11));
            assert!(solution.error_bound().unwrap() >= 5e-17, "{:?}", solution.error_bound());
            assert_eq!(Regret::default().of(&model, &solution, &solution.q, Ties::Random, usize::MAX), Some(0.0));
        }
    }
}

/// What is worse by more than anybody can be wrong is worse, however large the numbers are of which it is the difference.
#[test]
fn close_is_no_tie_where_the_bound_tells_them_apart() {
    let rows = [(0, 0, 1.0, 0, 1e6, false), (0, 1, 1.0, 0, 1_000_000.000_1, false)];
    let solution = solve(&model(&rows), 0.99);
    assert_eq!((solution.outcome(), solution.best(0)), (SolverOutcome::Exact, ActionMask(0b10)));
    assert!(solution.v[0] - solution.q[0] > solution.error_bound().unwrap());
    // A great loss elsewhere makes nothing of what is near as good.
    let rows = [(0, 0, 1.0, 1, 1.0, true), (0, 1, 1.0, 1, 0.999, true), (0, 2, 1.0, 1, -1e12, true)];
    assert_eq!(solve(&model(&rows), 1.0).best(0), ActionMask(0b1));
    // The same reward, once as a sum.
    let rows = [(0, 0, 0.3, 0, 1e6, false), (0, 0, 0.7, 0, 1e6, false), (0, 1, 1.0, 0, 1e6, false)];
    assert_eq!(solve(&model(&rows), 0.99).best(0), ActionMask(0b11));
}

/// 0.9999999999 is no floating-point number: the one that stands for it is off by so little that it is worth hundreds here.
#[test]
fn the_bound_counts_what_the_discount_is_off_by() {
    let solution = solve(&model(&[(0, 0, 1.0, 0, 1.0, false)]), 0.999_999_999_9);
    assert!((solution.v[0] - 1e10).abs() > 1.0);
    assert!((solution.v[0] - 1e10).abs() <= solution.error_bound().unwrap(), "{:?}", solution.error_bound());
}

/// Who breaks ties by the first action may take one that leads nowhere, though it is believed to be as good as the best.
#[test]
fn a_policy_is_judged_by_how_it_breaks_ties() {
    let model = model(&[(0, 0, 1.0, 0, 0.0, false), (0, 1, 1.0, 1, 1.0, true)]);
    let solution = solve(&model, 1.0);
    let lost = |ties| Regret::default().of(&model, &solution, &[1.0, 1.0, 0.0, 0.0], ties, usize::MAX);
    assert_eq!((lost(Ties::Random), lost(Ties::First)), (Some(0.0), Some(1.0)));
}

#[test]
fn a_state_is_worth_its_best_legal_action() {
    let solution = check(&TWO_STATES, 0.95, &[(5.0 + 0.475 * -20.0) / (1.0 - 0.475), -20.0]);
    assert_eq!([solution.best(0), solution.best(1)], [ActionMask(0b001), ActionMask(0b100)]);
    assert_eq!(solution.policy, [Some(0), Some(2)]);
    assert!(close(solution.q[1], 10.0 - 19.0) && solution.q[2] == 0.0);
    assert_eq!(solution.optimal_states(&model(&TWO_STATES), &[1.0, 0.0, 99.0, 5.0, 5.0, 0.0], Ties::Random), (1, 1));
}

#[test]
fn illegal_actions_ends_and_impossible_outcomes_count_for_nothing() {
    // All legal values are negative; what is not legal would be 0.
    check(&[(0, 1, 1.0, 1, -3.0, false), (1, 0, 1.0, 2, -1.0, true)], 0.5, &[-3.5, -1.0, 0.0]);
    // An outcome of probability 0 leads to riches, to ruin and to an end.
    for bad in [(0, 0, 0.0, 1, 1e9, false), (0, 0, 0.0, 1, -1e9, true)] {
        let rows = [(0, 0, 1.0, 2, -1.0, true), bad, (1, 0, 1.0, 1, 7.0, false)];
        for gamma in [0.0, 0.9, 1.0] {
            let solution = check(&rows, gamma, &[-1.0]);
            assert_eq!(solution.best(0), ActionMask(1));
        }
    }
    // Nothing is chosen where an episode has ended.
    let solution = check(&[(0, 0, 1.0, 1, 2.0, true), (0, 1, 1.0, 1, 2.0, true)], 0.9, &[2.0, 0.0]);
    assert_eq!((solution.best(0), solution.best(1)), (ActionMask(0b11), ActionMask(0)));
    assert_eq!(solution.policy[1], None);
}

#[test]
fn a_small_chance_keeps_all_its_digits() {
    check(&[(0, 0, 1e-11, 1, 1.0, true), (0, 0, 0.999_999_999_99, 0, 0.0, false)], 1.0, &[1.0]);
    // Less than what 1 - p can tell apart.
    check(&[(0, 0, 1e-17, 1, 1.0, true), (0, 0, 1.0, 0, 0.0, false)], 1.0, &[1.0]);
    // By way of others, back and forth, where a system of equations must be solved.
    let way = [
        (0, 0, 0.5, 1, 0.0, false),
        (0, 0, 0.5, 2, 0.0, false),
        (1, 0, 0.999_999_999_999, 0, 0.0, false),
        (1, 0, 1e-12, 3, 1.0, true),
        (2, 0, 1.0, 0, 0.0, false),
    ];
    check(&way, 1.0, &[1.0, 1.0, 1.0]);
    // A chance of 1e-9 to win 3 against one of 2e-9 to lose 1: a third and two thirds, in the long run.
    let rows = [
        (0, 0, 1e-9, 2, 3.0, true),
        (0, 0, 2e-9, 2, -1.0, true),
        (0, 0, 1.0 - 3e-9, 1, 0.0, false),
        (1, 0, 1.0, 0, 0.0, false),
    ];
    check(&rows, 1.0, &[1.0 / 3.0, 1.0 / 3.0]);
    // Discounted: p / (1 - g + g p) at chance p.
    let (g, p) = (0.999_999, 1e-11);
    check(&[(0, 0, p, 1, 1.0, true), (0, 0, 1.0 - p, 0, 0.0, false)], g, &[p / (1.0 - g + g * p)]);
}

#[test]
fn a_discount_close_to_one_is_no_reason_to_be_short() {
    check(&[(0, 0, 1.0, 0, 1.0, false)], 0.9999, &[1.0 / (1.0 - 0.9999)]);
    let g = 0.999_999_9;
    check(&[(0, 0, 1.0, 0, -2.0, false)], g, &[-2.0 / (1.0 - g)]);
    // 1, 0, 1, 0, ... for ever: 1 / (1 - g^2).
    let cycle = 1.0 / ((1.0 - g) * (1.0 + g));
    check(&[(0, 0, 1.0, 1, 1.0, false), (1, 0, 1.0, 0, 0.0, false)], g, &[cycle, g * cycle]);
    // Without any discount to speak of, a small win each turn against a large one at once.
    let rows = [(0, 0, 1.0, 0, 1.0, false), (0, 1, 1.0, 1, 9_999.0, true)];
    assert_eq!(check(&rows, 0.9999, &[1.0 / (1.0 - 0.9999)]).policy[0], Some(0));
    let rows = [(0, 0, 1.0, 0, 1.0, false), (0, 1, 1.0, 1, 10_001.0, true)];
    assert_eq!(check(&rows, 0.9999, &[10_001.0]).policy[0], Some(1));
}

#[test]
fn at_discount_zero_only_the_next_reward_counts() {
    let rows = [(0, 0, 1.0, 1, 1.0, false), (0, 1, 0.5, 1, 3.0, false), (0, 1, 0.5, 0, -2.0, true)];
    let solution = check(&[&rows[..], &[(1, 0, 1.0, 0, 100.0, false)]].concat(), 0.0, &[1.0, 100.0]);
    assert_eq!(solution.best(0), ActionMask(0b01));
    let ties = [(0, 0, 1.0, 0, 0.1 + 0.2, false), (0, 1, 1.0, 0, 0.3, true), (0, 2, 1.0, 0, 0.3 - 1e-6, true)];
    assert_eq!(check(&ties, 0.0, &[0.3]).best(0), ActionMask(0b011));
}

#[test]
fn rewards_that_come_again_and_again_have_no_bound() {
    let ice = [(0, 0, 1.0, 0, 0.1, false), (0, 1, 1.0, 1, 1.0, true)];
    let solution = check_outcome(&ice, 1.0, SolverOutcome::Unbounded);
    assert_eq!((solution.v[0], solution.best(0)), (f64::INFINITY, ActionMask(0b01)));
    // Off the way that would be best without it, and behind a cost and a chance.
    let hidden = [
        (0, 0, 1.0, 4, 50.0, true),
        (0, 1, 0.01, 1, -100.0, false),
        (0, 1, 0.99, 4, -100.0, true),
        (1, 0, 1.0, 2, 0.5, false),
        (2, 0, 1.0, 1, -0.4, false),
        (2, 1, 1.0, 4, 7.0, true),
    ];
    let solution = check_outcome(&hidden, 1.0, SolverOutcome::Unbounded);
    assert_eq!(solution.v[..3], [f64::INFINITY; 3]);
    // The same cycle is a loss with other numbers, and then it is just left.
    let mut loss = hidden;
    loss[3].4 = 0.3;
    check(&loss, 1.0, &[50.0, 7.3, 7.0]);
    // Only on average: two times out of three.
    let odds = [(0, 0, 0.75, 0, 1.0, false), (0, 0, 0.25, 0, -2.0, false), (0, 1, 1.0, 1, 0.0, true)];
    check_outcome(&odds, 1.0, SolverOutcome::Unbounded);
    // Where it may end at every step, ever so seldom, it is bounded: 0.1 / 1e-6.
    check(&[(0, 0, 1e-6, 1, 0.1, true), (0, 0, 1.0 - 1e-6, 0, 0.1, false)], 1.0, &[1e5]);
    // What cannot be reached does not count.
    let beside = [(0, 0, 1.0, 2, 1.0, true), (1, 0, 1.0, 1, 1.0, false)];
    let solution = check(&beside, 1.0, &[1.0]);
    assert_eq!(solution.v[1], f64::INFINITY);
}

#[test]
fn whoever_cannot_end_pays_without_bound_and_whoever_can_does() {
    let solution = check_outcome(&[(0, 0, 1.0, 0, -1.0, false)], 1.0, SolverOutcome::Unbounded);
    assert_eq!((solution.v[0], solution.best(0)), (f64::NEG_INFINITY, ActionMask(1)));
    // A policy that circles costs more and more; the one that walks on ends.
    let corridor = [
        (0, 0, 1.0, 0, -1.0, false),
        (0, 1, 1.0, 1, -1.0, false),
        (1, 0, 1.0, 0, -1.0, false),
        (1, 1, 1.0, 2, -1.0, false),
        (2, 0, 1.0, 1, -1.0, false),
        (2, 1, 1.0, 3, 10.0, true),
    ];
    check(&corridor, 1.0, &[8.0, 9.0, 10.0]);
    // A trap that takes one time in two is worse than any price of going round it; by certain ways it is never entered.
    let trap = [
        (0, 0, 0.5, 1, 0.0, false),
        (0, 0, 0.5, 2, 1000.0, true),
        (0, 1, 1.0, 2, -1000.0, true),
        (1, 0, 1.0, 1, -1e-3, false),
    ];
    let mut solution = solve(&model(&trap), 1.0);
    assert_eq!((solution.v[0], solution.v[1]), (-1000.0, f64::NEG_INFINITY));
    assert_eq!((solution.best(0), solution.q[0]), (ActionMask(0b10), f64::NEG_INFINITY));
    assert_eq!(solution.gap(&model(&trap), 0, 0), f64::INFINITY);
    // With a discount the same is bounded.
    solution = check(&trap, 0.5, &[499.9995, -2e-3]);
    assert_eq!(solution.best(0), ActionMask(0b01));
}

#[test]
fn a_policy_that_takes_for_ever_to_end_is_no_bad_beginning() {
    // The first action comes a step nearer one time in ten and else back to the start: 10^60 steps on average.
    let rows: Vec<Row> = (0..60)
        .flat_map(|state| {
            let end = state == 59;
            [
                (state, 0, 0.1, state + 1, -1.0, end),
                (state, 0, 0.9, 0, -1.0, false),
                (state, 1, 1.0, state + 1, -2.0, end),
            ]
        })
        .collect();
    let values: Vec<f64> = (0..60).map(|state| -2.0 * f64::from(60 - state)).collect();
    check(&rows, 1.0, &values);
}

#[test]
fn resting_for_nothing_is_worth_nothing() {
    // Rather for ever at rest than out at a price; and rather out for a reward.
    for (price, value) in [(-1.0, 0.0), (1.0, 1.0), (0.0, 0.0)] {
        let rows = [
            (0, 0, 1.0, 1, 0.0, false),
            (1, 0, 1.0, 0, 0.0, false),
            (0, 1, 1.0, 2, price, true),
            (2, 0, 1.0, 0, -5.0, false),
        ];
        let solution = check(&rows, 1.0, &[value, value, value - 5.0]);
        let out = if price < 0.0 { 0b01 } else { 0b11 };
        assert_eq!(solution.best(0), ActionMask(out), "price {price}");
        assert_eq!(solution.policy[0], Some(u16::from(price >= 0.0)), "price {price}");
    }
    // Several places to rest, and ends, by chance: the mean of what they bring.
    let classes = [
        (0, 0, 0.25, 1, 4.0, false),
        (0, 0, 0.25, 2, 0.0, false),
        (0, 0, 0.5, 3, -1.0, true),
        (1, 0, 1.0, 1, 0.0, false),
        (2, 0, 0.5, 2, 0.0, false),
        (2, 0, 0.5, 4, 0.0, false),
        (4, 0, 1.0, 2, 0.0, false),
    ];
    check(&classes, 1.0, &[0.5, 0.0, 0.0]);
    // Heads and tails for ever comes to nothing.
    check(&[(0, 0, 0.5, 0, 1.0, false), (0, 0, 0.5, 0, -1.0, false), (0, 1, 1.0, 1, -1.0, true)], 1.0, &[0.0]);
}

#[test]
fn a_sum_without_a_limit_is_no_value() {
    // 1, 0, 1, 0, ...: only a defined value if somebody leaves.
    let swing = |exit: f64| [(0, 0, 1.0, 1, 1.0, false), (1, 0, 1.0, 0, -1.0, false), (0, 1, 1.0, 2, exit, true)];
    check(&swing(0.5), 1.0, &[0.5, -0.5]);
    check_outcome(&swing(-10.0), 1.0, SolverOutcome::Unsettled);
    check_outcome(&swing(0.0)[..2], 1.0, SolverOutcome::Unsettled);
    // With a discount it is 1 / (1 + g).
    check(&swing(0.0)[..2], 0.5, &[1.0 / 1.5, 0.5 / 1.5 - 1.0]);
}

#[test]
fn an_optimal_policy_loses_exactly_nothing() {
    let model = model(&TWO_STATES);
    let solution = solve(&model, 0.95);
    let mut regret = Regret::default();
    let lost = |regret: &mut Regret, q: [f64; 6]| regret.of(&model, &solution, &q, Ties::Random, usize::MAX);
    // A warm start that is not 0 first: the other action loses -8.57 - -9 at once.
    let other = lost(&mut regret, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    assert!(close(other, solution.v[0] + 9.0), "{other}");
    assert_eq!(lost(&mut regret, [1.0, 0.0, 9.0, 9.0, 9.0, 0.0]), Some(0.0));
    // Ties are split: x = gap / 2 + .95 / 4 x.
    let tied = lost(&mut regret, [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    assert!(close(tied, other / 2.0 / (1.0 - 0.95 / 4.0)), "{tied}");
}

#[test]
fn a_policy_that_never_ends_loses_without_bound_or_what_an_end_would_bring() {
    let rows = |cost: f64| {
        model(&[
            (0, 0, 1.0, 0, cost, false),
            (0, 1, 1.0, 1, 0.0, false),
            (1, 0, 1.0, 0, 0.0, false),
            (1, 1, 1.0, 2, 3.0, true),
        ])
    };
    let lost = |cost: f64, gamma: f64, q: [f64; 6]| {
        let model = rows(cost);
        Regret::default().of(&model, &solve(&model, gamma), &q, Ties::Random, usize::MAX)
    };
    let (stay, circle, go) =
        ([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!([stay, circle, go].map(|q| lost(-1.0, 1.0, q)), [Some(f64::INFINITY), Some(3.0), Some(0.0)]);
    assert_eq!([stay, circle, go].map(|q| lost(0.0, 1.0, q)), [Some(3.0), Some(3.0), Some(0.0)]);
    // Standing still half of the time comes to an end, at a cost of 1 a time.
    let half = lost(-1.0, 1.0, [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
    assert!(close(half, 1.0), "{half}");
    // With a discount nothing is unbounded.
    let discounted = lost(-1.0, 0.5, stay).unwrap();
    assert!(close(discounted, 1.5 + 2.0), "{discounted}");
    assert_eq!(lost(0.1, 1.0, go), None, "nothing is known of what is lost where the best is without bound");
}

/// Any model of a few states in which every action ends now and then if `ends` says so.
fn any_model(ends: f64) -> impl Strategy<Value = Model> {
    let outcome = (0.05..1.0_f64, 0..7_u32, -3..4_i32);
    let outcomes = prop::collection::vec(outcome, 1..4);
    prop::collection::vec(prop::collection::vec(outcomes, 3), 7).prop_map(move |states| {
        Model::build(7, 3, vec![(0, 0.5), (3, 0.5)], |state, action, into| {
            let outcomes = &states[state][action];
            let sum: f64 = outcomes.iter().map(|it| it.0).sum();
            into.extend(outcomes.iter().map(|(weight, next, reward)| After {
                probability: weight / sum * (1.0 - ends),
                ..After::certain(*next as usize, f64::from(*reward))
            }));
            if ends > 0.0 {
                into.push(After { probability: ends, terminated: true, ..After::certain(state, 1.0) });
            }
        })
        .unwrap()
    })
}

fn agrees(model: &Model, gamma: f64) -> Result<(), TestCaseError> {
    let (solution, other) = (solve(model, gamma), value_iteration(model, gamma, 1e-13));
    prop_assert_eq!(solution.outcome(), SolverOutcome::Exact);
    for (one, other) in solution.v.iter().chain(&solution.q).zip(other.v.iter().chain(&other.q)) {
        prop_assert!((one - other).abs() < 1e-9, "{} and {}", one, other);
    }
    let following: Vec<f64> =
        (0..7).flat_map(|state| [0, 1, 2].map(|it| f64::from(solution.policy[state] == Some(it)))).collect();
    prop_assert_eq!(Regret::default().of(model, &solution, &following, Ties::Random, usize::MAX), Some(0.0));
    let (right, all) = solution.optimal_states(model, &solution.q, Ties::Random);
    prop_assert!(right <= all);
    Ok(())
}

proptest! {
    #[test]
    fn the_values_are_those_of_value_iteration(model in any_model(0.0), gamma in 0.0..0.97_f64) {
        agrees(&model, gamma)?;
    }

    #[test]
    fn without_a_discount_too_if_every_episode_ends(model in any_model(0.05)) {
        agrees(&model, 1.0)?;
    }

    #[test]
    fn in_whatever_pieces_the_solution_has_the_same_bits(model in any_model(0.0), piece in 1_usize..300) {
        let (whole, mut solver) = (solve(&model, 0.95), Solver::new(&model, 0.95));
        let pieces = loop {
            if let Some(solution) = solver.work(&model, &mut piece.clone()) {
                break solution;
            }
        };
        prop_assert_eq!(&whole.v, &pieces.v);
        prop_assert_eq!(&whole.q, &pieces.q);
    }

    #[test]
    fn regret_is_what_the_values_differ_by(
        model in any_model(0.02), q in prop::collection::vec(-1.0..1.0_f64, 21), gamma in prop::sample::select(vec![0.0, 0.5, 0.9, 1.0])
    ) {
        let solution = solve(&model, gamma);
        let mut v = vec![0.0; 7];
        evaluate_greedy(&model, &q, gamma, &mut v, 1e-13, 100_000);
        let expected = solution.at_start(&model) - dynamic_programming::at_start(&model, &v);
        let regret = Regret::default().of(&model, &solution, &q, Ties::Random, usize::MAX).unwrap();
        prop_assert!((regret - expected).abs() < 1e-8, "{} and {}", regret, expected);
        prop_assert!(regret >= 0.0);
    }
}
