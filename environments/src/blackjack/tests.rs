use super::*;
use crate::environment::Environment;
use crate::planning::{action_values, optimal_values, start_value};
use shared::parameter::Parameters;

// One line for each of the dealer's cards 1 to 10, the values of the sums 12 to 21 in it: solutions by dynamic
// programming, naturals not special.
const BEST_HARD: &str = "\
-0.518538557 -0.552928660 -0.584862327 -0.614515018 -0.642049659 -0.638638560 -0.377060760 -0.115482960 0.146094839 0.638441869
-0.253389986 -0.292783727 -0.292783727 -0.292783727 -0.292783727 -0.152974588 0.121741902 0.386304686 0.639986575 0.882006515
-0.233690900 -0.252250229 -0.252250229 -0.252250229 -0.252250229 -0.117216241 0.148300073 0.404362937 0.650272094 0.885300357
-0.211063109 -0.211063109 -0.211063109 -0.211063109 -0.211063109 -0.080573373 0.175854437 0.423178925 0.661049962 0.888767293
-0.167192661 -0.167192661 -0.167192661 -0.167192661 -0.167192661 -0.044941376 0.199561195 0.439512104 0.670359691 0.891753827
-0.153699016 -0.153699016 -0.153699016 -0.153699016 -0.153699016 0.011739161 0.283443916 0.495977074 0.703958570 0.902836744
-0.212847715 -0.269072878 -0.321281958 -0.369761818 -0.414778831 -0.106808989 0.399554167 0.615976496 0.773227227 0.925926296
-0.271574805 -0.323605176 -0.371919092 -0.416782014 -0.458440442 -0.381950971 0.105951349 0.593853668 0.791815160 0.930605053
-0.340013281 -0.387155189 -0.430929818 -0.471577689 -0.509322139 -0.423154240 -0.183163357 0.287596757 0.758356871 0.939176156
-0.420696189 -0.462075033 -0.500498245 -0.536176941 -0.569307160 -0.464357508 -0.241508831 -0.018660154 0.434957754 0.888575661";
const BEST_USABLE: &str = "\
-0.268037808 -0.295756463 -0.323249810 -0.350408616 -0.377140399 -0.395087889 -0.337747852 -0.115482960 0.146094839 0.638441869
0.081836216 0.046636133 0.022391857 -0.000120685 -0.021025188 -0.000491044 0.121741902 0.386304686 0.639986575 0.882006515
0.103507047 0.074118813 0.050806739 0.029159813 0.009059095 0.028975283 0.148300073 0.404362937 0.650272094 0.885300357
0.126595628 0.102477147 0.080081414 0.059285377 0.039974771 0.059326275 0.175854437 0.423178925 0.661049962 0.888767293
0.156482385 0.133362738 0.111894496 0.091959699 0.073448816 0.091189078 0.199561195 0.439512104 0.670359691 0.891753827
0.185953613 0.161692711 0.139164731 0.118245892 0.098821255 0.128052144 0.283443916 0.495977074 0.703958570 0.902836744
0.165472931 0.122385695 0.079507488 0.037028282 -0.004890157 0.053823464 0.399554167 0.615976496 0.773227227 0.925926296
0.095115021 0.054057070 0.013277219 -0.027054781 -0.066794848 -0.072915399 0.105951349 0.593853668 0.791815160 0.930605053
0.000065791 -0.037694688 -0.075163189 -0.112188769 -0.148643535 -0.149786892 -0.100744308 0.287596757 0.758356871 0.939176156
-0.128082802 -0.160806285 -0.193303541 -0.225439934 -0.257101211 -0.249416021 -0.201097934 -0.018660154 0.434957754 0.888575661";

pub(super) fn environment(rules: &str) -> FiniteEnvironment {
    let given = Parameters::from([("rules".into(), Value::Text(rules.into()))]);
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

fn state(sum: usize, usable: bool, dealer: usize) -> usize {
    BlackjackState { hand: BlackjackHand { sum, usable }, natural: false, dealer }.state()
}

#[test]
fn best_values_are_those_of_dynamic_programming() {
    let environment = environment("plain");
    let values = optimal_values(environment.model().unwrap(), 1.0);
    for (usable, table) in [(false, BEST_HARD), (true, BEST_USABLE)] {
        assert_eq!(table.lines().count(), 10);
        for (dealer, row) in table.lines().enumerate() {
            for (sum, expected) in row.split(' ').enumerate() {
                let expected: f64 = expected.parse().unwrap();
                let found = values[state(sum + 12, usable, dealer + 1)];
                assert!((found - expected).abs() < 2e-9, "{} {usable} {}: {found}", sum + 12, dealer + 1);
            }
        }
    }
}

#[track_caller]
fn check_start(rules: &str, expected: f64) {
    let environment = environment(rules);
    let model = environment.model().unwrap();
    let found = start_value(model, &optimal_values(model, 1.0));
    assert!((found - expected).abs() < 1e-9, "{found}");
}

#[test]
fn the_house_wins_in_the_end() {
    check_start("plain", -0.046_555_977_066_697_486);
    check_start("sab", -0.043_113_105_413_476_974);
}

/// Half a point for each natural that wins: probability 2 * 1/13 * 4/13, times the dealer not having 21.
#[test]
fn a_paying_natural_adds_half_a_point_when_it_wins() {
    let gain: f64 = deal::CARDS
        .iter()
        .map(|(open, probability)| {
            let below: f64 = dealer_results(*open).iter().filter(|it| it.score < 21).map(|it| it.probability).sum();
            probability * below
        })
        .sum();
    check_start("natural", -0.046_555_977_066_697_486 + 0.5 * 8.0 / 169.0 * gain);
}

/// Figure 5.2.
#[test]
fn the_best_policy_is_that_of_the_book() {
    let environment = environment("sab");
    let model = environment.model().unwrap();
    let values = optimal_values(model, 1.0);
    let last_hit = |usable: bool, dealer: usize| {
        let hits = |sum: &usize| {
            let values = action_values(model, &values, 1.0, state(*sum, usable, dealer));
            values[1] > values[0]
        };
        (12..=21).filter(hits).max().unwrap_or(11)
    };
    let hard: Vec<usize> = (1..=10).map(|dealer| last_hit(false, dealer)).collect();
    assert_eq!(hard, [16, 12, 12, 11, 11, 11, 16, 16, 16, 16]);
    let usable: Vec<usize> = (1..=10).map(|dealer| last_hit(true, dealer)).collect();
    assert_eq!(usable, [18, 17, 17, 17, 17, 17, 17, 17, 18, 18]);
}

#[test]
fn states_come_apart_and_together_again() {
    let existing = (0..PLAIN_STATES + 11).filter_map(|state| Some((state, BlackjackState::from_state(state)?)));
    let mut count = 0;
    for (state, situation) in existing {
        assert_eq!(situation.state(), state);
        count += 1;
    }
    assert_eq!(count, (28 + 10) * 10 + 10);
}

#[test]
fn the_chart_has_a_place_for_every_hand_that_leaves_a_choice() {
    let at = |sum, usable, dealer| {
        table::place(BlackjackState { hand: BlackjackHand { sum, usable }, natural: false, dealer }.state())
    };
    assert_eq!(at(16, false, 10), at(16, true, 10), "one is seen, with the agent's kind of hand");
    assert!(at(17, false, 10).1 < at(16, false, 10).1 && at(16, false, 9).0 < at(16, false, 10).0);
    let nowhere = (-1.0, -1.0);
    assert_eq!([at(11, false, 5), at(22, false, 5), at(16, false, 0)], [nowhere; 3]);
    let natural = BlackjackState { hand: BlackjackHand { sum: 21, usable: true }, natural: true, dealer: 4 };
    assert_eq!(table::place(natural.state()), nowhere);
}
