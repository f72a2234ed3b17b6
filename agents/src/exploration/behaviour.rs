//! Exploration: how an agent that believes in values chooses what to try.
//!
//! * **epsilon-greedy**: with probability epsilon any legal action, otherwise the best (Sutton and Barto, 2nd edition,
//!   section 2.2).
//! * **softmax**: each action with probability in proportion to `exp(Q(s,a) / temperature)` (equation 2.11 with values
//!   as preferences).
//! * **UCB**: the greatest `Q(s,a) + c sqrt(ln t(s) / N(s,a))`, an untried action first (equation 2.10).
//! * **count bonus**: the greatest `Q(s,a) + c / sqrt(1 + N(s,a))` (Strehl and Littman 2008, as a bonus while acting).
//!
//! High initial values make any of them curious (section 2.6).

use crate::error::LoadError;
use crate::exploration::action_selection::{self, DrawShare, Ties};
use crate::saved_columns;
use crate::schedule::{Schedule, ScheduleHyperparameters, ScheduleKind, Tick};
use environments::{ActionMask, Generator};
use shared::checkpoint::AgentState;
use shared::metric::{MetricDescription, ReportMetric};
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};

static EPSILON: MetricDescription =
    MetricDescription::new("charts/epsilon", "Epsilon", "probability", EXPLORATION).within(0.0, 1.0);
static TEMPERATURE: MetricDescription =
    MetricDescription::new("charts/temperature", "Temperature", "", EXPLORATION).logarithmic();

/// The group of both.
const EXPLORATION: &str = "Exploration";

/// Most actions of an environment.
pub const MOST_ACTIONS: usize = 64;

/// What is known of the actions of one state.
#[derive(Clone, Copy, Debug)]
pub struct ActionChoice<'a> {
    /// Their values.
    pub values: &'a [f64],
    /// How often each was taken; empty unless [`Behaviour::counts`].
    pub counts: &'a [u32],
    /// How often the state was left.
    pub visits: u32,
    /// Which of them are legal.
    pub legal: ActionMask,
}

/// A rule of exploration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Any action with probability epsilon.
    EpsilonGreedy(Schedule),
    /// In proportion to the exponentials of the values over a temperature.
    Softmax(Schedule),
    /// The greatest upper confidence bound, this many deviations up.
    Ucb(f64),
    /// The greatest value plus so much for novelty.
    CountBonus(f64),
}

/// What an agent explores by, as its parameters name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplorationRule {
    /// [`Behaviour::EpsilonGreedy`].
    EpsilonGreedy,
    /// [`Behaviour::Softmax`].
    Softmax,
    /// [`Behaviour::Ucb`].
    Ucb,
    /// [`Behaviour::CountBonus`].
    CountBonus,
}

/// What exploration is set to: the rule, and the figures of every rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExplorationHyperparameters {
    /// The rule.
    pub rule: ExplorationRule,
    /// Of epsilon-greedy, the probability of any action.
    pub epsilon: ScheduleHyperparameters,
    /// Of softmax.
    pub temperature: ScheduleHyperparameters,
    /// Of UCB and the count bonus, what the unknown is worth; none for agents that count no actions and lack these rules.
    pub bonus: Option<f64>,
}

impl Default for ExplorationHyperparameters {
    fn default() -> Self {
        let kind = ScheduleKind::Exponential(Tick::Episode);
        let temperature =
            ScheduleHyperparameters { kind: ScheduleKind::Constant, start: 0.5, decay: 0.995, floor: 0.05 };
        Self {
            rule: ExplorationRule::EpsilonGreedy,
            epsilon: ScheduleHyperparameters { kind, start: 1.0, decay: 0.995, floor: 0.01 },
            temperature,
            bonus: Some(2.0),
        }
    }
}

impl ExplorationHyperparameters {
    /// Any action with a probability that stays.
    #[must_use]
    pub fn constant(epsilon: f64) -> Self {
        let it = Self::default();
        Self { epsilon: it.epsilon.constant(epsilon), ..it }
    }

    /// The parameters that choose and tune the rule, with these defaults; the rule is epsilon-greedy at first.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let by = |rule: &str| Value::Text(rule.into());
        let only = |rule: &'static str| move |it: ParameterSpec| it.needs("exploration", vec![by(rule)]);
        let help = "How often it tries any action instead of the best.";
        let epsilon = self.epsilon.parameters("epsilon", "Exploration", "ε", (0.0, 1.0), help);
        let mut parameters: Vec<_> = epsilon.into_iter().map(only("epsilon-greedy")).collect();
        let rules = [
            ("epsilon-greedy", "chance (epsilon-greedy)"),
            ("softmax", "value (softmax)"),
            ("ucb", "uncertainty (UCB)"),
            ("count-bonus", "novelty (count bonus)"),
        ];
        let rules = if self.bonus.is_some() { &rules[..] } else { &rules[..2] };
        let help = "How it decides when to try something that does not look best.";
        parameters.push(ParameterSpec::choice("exploration", "Explores by", rules, help).live());
        let help = "Softmax only: hot tries everything alike, cold takes the best.";
        let temperature = self.temperature.parameters("temperature", "Temperature", "τ", (0.001, 100.0), help);
        parameters.extend(temperature.into_iter().map(only("softmax")));
        parameters.extend(self.bonus.map(|bonus| {
            let help = "UCB and count bonus only: what the unknown is worth.";
            ParameterSpec::number("bonus", "Bonus", (0.0, 100.0), bonus, 0.1, help)
                .symbol("c")
                .live()
                .needs("exploration", vec![by("ucb"), by("count-bonus")])
        }));
        parameters
    }

    /// Reads [`Self::parameters`]; none where there are none.
    pub fn read(parameters: &Resolved) -> Result<Option<Self>, ParameterError> {
        if !parameters.declares("exploration") {
            return Ok(None);
        }
        Ok(Some(Self {
            rule: match parameters.text("exploration")? {
                "softmax" => ExplorationRule::Softmax,
                "ucb" => ExplorationRule::Ucb,
                "count-bonus" => ExplorationRule::CountBonus,
                _ => ExplorationRule::EpsilonGreedy,
            },
            epsilon: ScheduleHyperparameters::read(parameters, "epsilon")?,
            temperature: ScheduleHyperparameters::read(parameters, "temperature")?,
            bonus: if parameters.declares("bonus") { Some(parameters.number("bonus")?) } else { None },
        }))
    }
}

impl Behaviour {
    /// A rule so set; without any, actions are chosen by the exponentials of their values.
    pub fn new(hyperparameters: Option<ExplorationHyperparameters>) -> Self {
        let Some(ExplorationHyperparameters { rule, epsilon, temperature, bonus }) = hyperparameters else {
            return Self::Softmax(Schedule::constant(1.0));
        };
        match rule {
            ExplorationRule::EpsilonGreedy => Self::EpsilonGreedy(Schedule::new(epsilon)),
            ExplorationRule::Softmax => Self::Softmax(Schedule::new(temperature)),
            ExplorationRule::Ucb => Self::Ucb(bonus.unwrap_or_default()),
            ExplorationRule::CountBonus => Self::CountBonus(bonus.unwrap_or_default()),
        }
    }

    /// Whether it needs to know how often each action was taken.
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Ucb(_) | Self::CountBonus(_))
    }

    /// Chooses an action.
    #[inline]
    pub fn choose(&self, choice: ActionChoice<'_>, ties: Ties, generator: &mut Generator) -> u16 {
        if let Self::EpsilonGreedy(epsilon) = self {
            action_selection::epsilon_greedy(
                |bits| {
                    action_selection::one_of(action_selection::best_actions(choice.values, choice.legal), ties, bits)
                },
                choice.legal,
                DrawShare::of(epsilon.get()),
                generator,
            )
        } else {
            self.choose_otherwise(choice, ties, generator)
        }
    }

    fn choose_otherwise(&self, choice: ActionChoice<'_>, ties: Ties, generator: &mut Generator) -> u16 {
        let mut scores = [0.0; MOST_ACTIONS];
        let scores = &mut scores[..choice.values.len()];
        if let Self::Softmax(_) = self {
            self.probabilities(choice, ties, scores);
            action_selection::sample(scores, choice.legal, generator)
        } else {
            self.optimism(choice, scores);
            action_selection::greedy(scores, choice.legal, ties, generator)
        }
    }

    /// Writes the value that each action could have at best.
    fn optimism(&self, choice: ActionChoice<'_>, into: &mut [f64]) {
        let time = libm::log(f64::from(choice.visits) + 1.0);
        for ((score, value), count) in into.iter_mut().zip(choice.values).zip(choice.counts) {
            let count = f64::from(*count);
            *score = match *self {
                Self::Ucb(_) if count == 0.0 => f64::MAX,
                Self::Ucb(deviations) => value + deviations * libm::sqrt(time / count),
                Self::CountBonus(bonus) => value + bonus / libm::sqrt(1.0 + count),
                Self::EpsilonGreedy(_) | Self::Softmax(_) => *value,
            };
        }
    }

    /// Writes the probability of every action; illegal ones get 0.
    pub fn probabilities(&self, choice: ActionChoice<'_>, ties: Ties, into: &mut [f64]) {
        match self {
            Self::EpsilonGreedy(epsilon) => {
                greedy_probabilities(choice.values, choice.legal, ties, into);
                let anything = epsilon.get() / f64::from(choice.legal.count());
                for (action, share) in into.iter_mut().enumerate() {
                    *share *= 1.0 - epsilon.get();
                    *share += if choice.legal.allows(action as u16) { anything } else { 0.0 };
                }
            }
            Self::Softmax(temperature) => {
                action_selection::softmax(choice.values, choice.legal, 1.0 / temperature.get(), into);
            }
            Self::Ucb(_) | Self::CountBonus(_) => {
                let mut scores = [0.0; MOST_ACTIONS];
                let scores = &mut scores[..choice.values.len()];
                self.optimism(choice, scores);
                greedy_probabilities(scores, choice.legal, ties, into);
            }
        }
    }

    /// The expected value of the state's actions if this rule chooses.
    #[inline]
    pub fn expected(&self, choice: ActionChoice<'_>, ties: Ties) -> f64 {
        if let Self::EpsilonGreedy(epsilon) = self {
            let best = action_selection::max_value(choice.values, choice.legal);
            return action_selection::mixed(
                epsilon.get(),
                best,
                action_selection::mean_value(choice.values, choice.legal),
            );
        }
        let mut shares = [0.0; MOST_ACTIONS];
        let shares = &mut shares[..choice.values.len()];
        self.probabilities(choice, ties, shares);
        shares.iter().zip(choice.values).map(|(share, value)| share * value).sum()
    }

    /// Whether steps make it change.
    pub const fn ticks_by_step(&self) -> bool {
        match self {
            Self::EpsilonGreedy(schedule) | Self::Softmax(schedule) => schedule.ticks_at(Tick::Step),
            Self::Ucb(_) | Self::CountBonus(_) => false,
        }
    }

    /// Its schedule moves on; tells whether it did.
    #[inline]
    pub fn advance(&mut self, tick: Tick) -> bool {
        if let Self::EpsilonGreedy(schedule) | Self::Softmax(schedule) = self { schedule.advance(tick) } else { false }
    }

    /// Its schedule's present value.
    pub fn metrics(&self, report: &mut ReportMetric<'_>) {
        match self {
            Self::EpsilonGreedy(epsilon) => report(&EPSILON, epsilon.get()),
            Self::Softmax(temperature) => report(&TEMPERATURE, temperature.get()),
            Self::Ucb(_) | Self::CountBonus(_) => {}
        }
    }

    /// Puts its schedule's present value into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        if let Some((name, schedule)) = self.schedule() {
            into.numbers.insert(name.into(), vec![schedule.get()].into());
        }
    }

    /// Reads what [`Self::save`] wrote, where it is there.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let Some((name, _)) = self.schedule() else { return Ok(()) };
        let value = saved_columns::number(from, name)?;
        if let (Some(value), Self::EpsilonGreedy(schedule) | Self::Softmax(schedule)) = (value, self) {
            schedule.set(value);
        }
        Ok(())
    }

    const fn schedule(&self) -> Option<(&'static str, &Schedule)> {
        match self {
            Self::EpsilonGreedy(epsilon) => Some(("epsilon", epsilon)),
            Self::Softmax(temperature) => Some(("temperature", temperature)),
            Self::Ucb(_) | Self::CountBonus(_) => None,
        }
    }
}

/// Writes the greedy policy's probabilities.
fn greedy_probabilities(values: &[f64], legal: ActionMask, ties: Ties, into: &mut [f64]) {
    let best = match ties {
        Ties::Random => action_selection::best_actions(values, legal),
        Ties::First => ActionMask(1 << action_selection::best_actions(values, legal).0.trailing_zeros()),
    };
    let share = 1.0 / f64::from(best.count());
    for (action, probability) in into.iter_mut().enumerate() {
        *probability = if best.allows(action as u16) { share } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    const VALUES: [f64; 3] = [1.0, 2.0, 9.0];
    const LEGAL: ActionMask = ActionMask(0b011);

    fn check_frequencies(behaviour: Behaviour, counts: &[u32], expected: [f64; 3]) {
        let choice = ActionChoice { values: &VALUES, counts, visits: counts.iter().sum(), legal: LEGAL };
        let mut probabilities = [f64::NAN; 3];
        behaviour.probabilities(choice, Ties::Random, &mut probabilities);
        let mut generator = Generator::new(Seed::new(7).unwrap());
        let mut seen = [0.0; 3];
        for _ in 0..10_000 {
            seen[usize::from(behaviour.choose(choice, Ties::Random, &mut generator))] += 1e-4;
        }
        for action in 0..3 {
            assert!((probabilities[action] - expected[action]).abs() < 1e-12, "{behaviour:?} {probabilities:?}");
            // Three standard deviations of a share of 10 000 are at most 0.015.
            assert!((seen[action] - expected[action]).abs() < 0.015, "{behaviour:?} {seen:?}");
        }
        let mean = expected[0] * VALUES[0] + expected[1] * VALUES[1];
        assert!((behaviour.expected(choice, Ties::Random) - mean).abs() < 1e-12);
    }

    #[test]
    fn rules_choose_as_often_as_they_say_and_only_what_is_legal() {
        check_frequencies(Behaviour::EpsilonGreedy(Schedule::constant(0.4)), &[], [0.2, 0.8, 0.0]);
        let (low, high) = (libm::exp(-2.0), 1.0);
        let sum = low + high;
        check_frequencies(Behaviour::Softmax(Schedule::constant(0.5)), &[], [low / sum, high / sum, 0.0]);
    }

    #[test]
    fn uncertain_and_new_actions_come_first() {
        check_frequencies(Behaviour::Ucb(2.0), &[0, 5, 0], [1.0, 0.0, 0.0]);
        // ln 12 = 2.48: 1 + 2 sqrt(2.48 / 1) = 4.15 is above 2 + 2 sqrt(2.48 / 10) = 3.0.
        check_frequencies(Behaviour::Ucb(2.0), &[1, 10, 0], [1.0, 0.0, 0.0]);
        check_frequencies(Behaviour::Ucb(0.5), &[1, 10, 0], [0.0, 1.0, 0.0]);
        // 1 + 2 / sqrt(1) = 3 is above 2 + 2 / sqrt(9) = 2.67, below 2 + 2 / sqrt(1) = 4.
        check_frequencies(Behaviour::CountBonus(2.0), &[0, 8, 0], [1.0, 0.0, 0.0]);
        check_frequencies(Behaviour::CountBonus(2.0), &[0, 0, 0], [0.0, 1.0, 0.0]);
    }
}
