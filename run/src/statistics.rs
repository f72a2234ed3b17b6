//! Statistics of a few runs, as current practice reports them: means and inter-quartile means with bootstrap
//! intervals, performance profiles and the probability of improvement.
//!
//! The aggregates are those of Agarwal, Schwarzer, Castro, Courville and Bellemare, "Deep Reinforcement Learning at the
//! Edge of the Statistical Precipice" (2021) and their library rliable. Scores come in strata: one slice a task,
//! one score a run; runs are drawn anew within each task. Same scores, same numbers, everywhere.

use environments::Generator;
use shared::quantity::Seed;

/// How often runs are drawn anew for an interval.
pub const RESAMPLES: usize = 2000;
/// The share of resamples that an interval holds.
pub const CONFIDENCE: f64 = 0.95;

/// The stream of chance that runs are drawn from.
const BOOTSTRAP_STREAM: u64 = 0x626f_6f74;

/// An aggregate of runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of the runs as they are.
    pub value: f64,
    /// Its 95 % interval, both ends included; none where a task has one run only, which tells nothing of its spread.
    pub interval: Option<(f64, f64)>,
}

/// The mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard error of the mean, from the unbiased variance; none of fewer than two runs.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    let (mean, count) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (values.len() > 1).then(|| libm::sqrt(squares / (count - 1.0) / count))
}

/// The mean of the middle half: a quarter of the scores is left out at each end, rounded down. Sorts them.
pub fn interquartile_mean(scores: &mut [f64]) -> f64 {
    scores.sort_unstable_by(f64::total_cmp);
    let left_out = scores.len() / 4;
    mean(&scores[left_out..scores.len() - left_out])
}

/// The performance profile at `tau`: the share of runs that score above it.
pub fn share_above(scores: &[f64], tau: f64) -> f64 {
    scores.iter().filter(|score| **score > tau).count() as f64 / scores.len() as f64
}

/// The probability that a run of `ours` scores higher than one of `theirs`, ties counting half (Mann and Whitney 1947).
/// By ranks, so that n runs take n log n and not n squared.
pub fn improvement(ours: &[f64], theirs: &[f64]) -> f64 {
    let [ours, theirs] = ranks([ours, theirs]);
    wins_of_ranks(&ours, &theirs, &mut Vec::new())
}

/// The rank of every score among those of both sides, from 0; equal scores have the same rank.
fn ranks(sides: [&[f64]; 2]) -> [Vec<f64>; 2] {
    let mut scores = sides.concat();
    scores.sort_unstable_by(f64::total_cmp);
    scores.dedup();
    let rank = |score: &f64| scores.partition_point(|it| it < score) as f64;
    sides.map(|side| side.iter().map(rank).collect())
}

/// [`improvement`], where scores are ranks: counted once through. The counts are a buffer.
fn wins_of_ranks(ours: &[f64], theirs: &[f64], counts: &mut Vec<[u64; 2]>) -> f64 {
    counts.clear();
    for (side, ranks) in [ours, theirs].into_iter().enumerate() {
        for rank in ranks {
            let rank = *rank as usize;
            if counts.len() <= rank {
                counts.resize(rank + 1, [0; 2]);
            }
            counts[rank][side] += 1;
        }
    }
    let (mut below, mut half_wins) = (0, 0);
    for [our, their] in counts {
        half_wins += *our * (2 * below + *their);
        below += *their;
    }
    half_wins as f64 / 2.0 / (ours.len() * theirs.len()) as f64
}

/// How often runs are dealt out anew to tell whether two sides differ.
pub const PERMUTATIONS: usize = 10_000;

/// The stream of chance that runs are dealt out from.
const PERMUTATION_STREAM: u64 = 0x7065_726d;

/// The p-value of the permutation test of ranks, two-sided: how often runs that are dealt out to the two sides by chance
/// differ as much in [`improvement`] as these do, these counted among them (Mann and Whitney 1947; Phipson and Smyth 2010).
/// Same scores, same value. It holds for any number of runs; at least 1/10001.
pub fn difference_by_chance(ours: &[f64], theirs: &[f64]) -> f64 {
    let [ours, theirs] = ranks([ours, theirs]);
    let (mut all, mut counts) = ([ours, theirs.clone()].concat(), Vec::new());
    let ours = all.len() - theirs.len();
    let mut distance = |all: &[f64]| (wins_of_ranks(&all[..ours], &all[ours..], &mut counts) - 0.5).abs();
    let found = distance(&all);
    let mut generator = Generator::new(Seed::default().derive(PERMUTATION_STREAM, 0));
    let mut as_far = 1;
    for _ in 0..PERMUTATIONS {
        for place in (1..all.len()).rev() {
            all.swap(place, generator.below(place as u32 + 1) as usize);
        }
        // Shares are sums of halves over one number, so equal ones differ by rounding at most.
        as_far += usize::from(distance(&all) >= found - 1e-12);
    }
    as_far as f64 / (PERMUTATIONS + 1) as f64
}

/// P-values corrected for their number (Holm 1979): those below a level are together wrong no more often than the level
/// says, however many pairs were looked at. In the same order.
pub fn corrected(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut greatest: f64 = 0.0;
    for (place, index) in order.into_iter().enumerate() {
        greatest = greatest.max(p_values[index] * (p_values.len() - place) as f64).min(1.0);
        corrected[index] = greatest;
    }
    corrected
}

/// How many runs of each of two sides tell them apart with a probability of `power`, where one side ends above the other with a
/// probability of `share`, ties counting half, and their difference is tested two-sided by ranks at a `level` (Noether 1987). `level` and
/// `power` lie between 0 and 1; none where a share of one half leaves nothing to tell apart, or one of them is not finite.
pub fn runs_to_tell_apart(share: f64, level: f64, power: f64) -> Option<f64> {
    let reach = normal_quantile(1.0 - level / 2.0) + normal_quantile(power);
    let distance = share - 0.5;
    let runs = (reach * reach / (6.0 * distance * distance)).ceil();
    runs.is_finite().then_some(runs)
}

/// The value that a standard normal variable stays below with a probability, between 0 and 1; by halving, to twelve digits or so.
fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let below = libm::erfc(-middle * std::f64::consts::FRAC_1_SQRT_2) / 2.0;
        *(if below < probability { &mut low } else { &mut high }) = middle;
    }
    f64::midpoint(low, high)
}

/// Bootstrap intervals (Efron 1979). Keeps its buffers: many estimates in a row allocate once.
///
/// Those of means are studentised: what is drawn anew is how many of its own standard errors a mean lies away (Efron 1981; Hall
/// 1988). They hold with few runs, where intervals by percentiles, as all others here are, turn out too short, and may reach beyond
/// the scores.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    drawn: Vec<f64>,
    aggregates: Vec<f64>,
}

impl Bootstrap {
    /// The mean over all runs.
    pub fn mean(&mut self, strata: &[&[f64]]) -> Estimate {
        let count: usize = strata.iter().map(|it| it.len()).sum();
        let value = strata.iter().copied().flatten().sum::<f64>() / count as f64;
        let error = error_of_mean(strata.iter().copied());
        let aways = self.estimate(&[strata], &mut |scores, lengths| {
            let mut left: &[f64] = scores;
            let own = error_of_mean(lengths.iter().map(|length| {
                let (stratum, others) = left.split_at(*length);
                left = others;
                stratum
            }));
            // One whose scores are all the same knows nothing of its spread: it takes that of all runs.
            (mean(scores) - value) / if own > 0.0 { own } else { error }
        });
        let interval = aways.interval.map(|(least, most)| {
            // Where all runs of a task come to the same, there is nothing to divide by.
            let end = |aways: f64| if error > 0.0 { value - aways * error } else { value };
            (end(most).min(value), end(least).max(value))
        });
        Estimate { value, interval }
    }

    /// The inter-quartile mean over all runs of all tasks: as robust as a median, at a smaller error.
    pub fn interquartile_mean(&mut self, strata: &[&[f64]]) -> Estimate {
        self.estimate(&[strata], &mut |scores, _| interquartile_mean(scores))
    }

    /// The performance profile at `tau`: the share of all runs that score above it.
    pub fn share_above(&mut self, strata: &[&[f64]], tau: f64) -> Estimate {
        self.estimate(&[strata], &mut |scores, _| share_above(scores, tau))
    }

    /// The probability that a run of `ours` scores higher than one of `theirs` at the same task, on average over
    /// the tasks that both have.
    pub fn improvement(&mut self, ours: &[&[f64]], theirs: &[&[f64]]) -> Estimate {
        let tasks = ours.len().min(theirs.len());
        let ranked: Vec<[Vec<f64>; 2]> = ours.iter().zip(theirs).map(|(our, their)| ranks([our, their])).collect();
        let side = |side: usize| -> Vec<&[f64]> { ranked.iter().map(|it| it[side].as_slice()).collect() };
        let mut counts = Vec::new();
        self.estimate(&[&side(0), &side(1)], &mut |scores, lengths| {
            let (mut our, mut their) = scores.split_at(lengths[..tasks].iter().sum());
            let mut sum = 0.0;
            for task in 0..tasks {
                let (ours, theirs);
                (ours, our) = our.split_at(lengths[task]);
                (theirs, their) = their.split_at(lengths[tasks + task]);
                sum += wins_of_ranks(ours, theirs, &mut counts);
            }
            sum / tasks as f64
        })
    }

    /// An aggregate of all scores, and its interval. It gets the scores of all strata in a row, and the strata's lengths.
    fn estimate(&mut self, sides: &[&[&[f64]]], aggregate: &mut dyn FnMut(&mut [f64], &[usize]) -> f64) -> Estimate {
        let strata: Vec<&[f64]> = sides.iter().flat_map(|side| side.iter().copied()).collect();
        let lengths: Vec<usize> = strata.iter().map(|stratum| stratum.len()).collect();
        self.drawn.clear();
        self.drawn.extend(strata.iter().flat_map(|stratum| stratum.iter()));
        let value = aggregate(&mut self.drawn, &lengths);
        if lengths.iter().any(|length| *length < 2) || lengths.is_empty() {
            return Estimate { value, interval: None };
        }
        let mut generator = Generator::new(Seed::default().derive(BOOTSTRAP_STREAM, 0));
        self.aggregates.clear();
        for _ in 0..RESAMPLES {
            self.drawn.clear();
            for stratum in &strata {
                let length = stratum.len() as u32;
                self.drawn.extend((0..length).map(|_| stratum[generator.below(length) as usize]));
            }
            self.aggregates.push(aggregate(&mut self.drawn, &lengths));
        }
        self.aggregates.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - CONFIDENCE) / 2.0;
        Estimate { value, interval: Some((quantile(&self.aggregates, tail), quantile(&self.aggregates, 1.0 - tail))) }
    }
}

/// The standard error of the mean of all scores, where each stratum keeps its number of them.
fn error_of_mean<'a>(strata: impl Iterator<Item = &'a [f64]>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for stratum in strata {
        let (mean, length) = (mean(stratum), stratum.len() as f64);
        let squares: f64 = stratum.iter().map(|score| (score - mean) * (score - mean)).sum();
        sum += squares * length / (length - 1.0);
        count += length;
    }
    libm::sqrt(sum) / count
}

/// The quantile of sorted values, between two of them by their distance (Hyndman and Fan's definition 7).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn aggregates_are_those_computed_by_hand() {
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(mean(&values), 2.5);
        // Squares 2.25, 0.25, 0.25, 2.25: variance 5/3, of the mean 5/12.
        assert!((standard_error(&values).unwrap() - libm::sqrt(5.0 / 12.0)).abs() < 1e-15);
        assert_eq!(standard_error(&[7.0]), None);
        assert_eq!(interquartile_mean(&mut [100.0, 2.0, 3.0, -100.0]), 2.5);
        // Of nine, two go at each end: 3, 4, 5, 6, 7.
        assert_eq!(interquartile_mean(&mut [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), 5.0);
        assert_eq!(interquartile_mean(&mut [1.0, 5.0]), 3.0);
        assert_eq!(share_above(&values, 2.0), 0.5);
        // Pairs: 1 loses to 2 and 3, 2 ties and loses, 4 wins twice.
        assert_eq!(improvement(&[1.0, 2.0, 4.0], &[2.0, 3.0]), 2.5 / 6.0);
    }

    #[test]
    fn permutations_give_the_exact_p_values_about() {
        let side = |from: u32| (from..from + 5).map(f64::from).collect::<Vec<_>>();
        // Of 252 ways to deal out ten runs, two part them as far.
        assert!((difference_by_chance(&side(5), &side(0)) - 2.0 / 252.0).abs() < 0.003);
        // One pair the other way round: two more (Mann and Whitney's table: 0.0159).
        let (ours, theirs) = ([4.0, 6.0, 7.0, 8.0, 9.0], [0.0, 1.0, 2.0, 3.0, 5.0]);
        assert!((difference_by_chance(&ours, &theirs) - 4.0 / 252.0).abs() < 0.004);
        assert_eq!(difference_by_chance(&ours, &theirs), difference_by_chance(&ours, &theirs));
        assert_eq!(difference_by_chance(&[1.0; 8], &[1.0; 8]), 1.0);
    }

    #[test]
    fn p_values_of_equal_sides_are_small_as_seldom_as_they_say() {
        let mut generator = Generator::new(Seed::new(5).unwrap());
        let mut draw = || (0..10).map(|_| generator.normal()).collect::<Vec<f64>>();
        let small = (0..100).filter(|_| difference_by_chance(&draw(), &draw()) < 0.05).count();
        // 5 of 100, with a standard deviation of 2.2.
        assert!(small <= 12, "{small}");
    }

    #[test]
    fn corrected_p_values_are_holms() {
        let close = |ours: Vec<f64>, theirs: &[f64]| ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(corrected(&[0.01, 0.04, 0.03, 0.005]), &[0.03, 0.06, 0.06, 0.02]));
        assert!(close(corrected(&[0.5, 0.9]), &[1.0, 1.0]));
        assert!(corrected(&[]).is_empty());
    }

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let sorted = [0.0, 10.0, 20.0, 30.0, 40.0];
        assert_eq!(quantile(&sorted, 0.0), 0.0);
        assert_eq!(quantile(&sorted, 0.025), 1.0);
        assert_eq!(quantile(&sorted, 0.5), 20.0);
        assert_eq!(quantile(&sorted, 1.0), 40.0);
    }

    #[test]
    fn an_interval_of_the_mean_is_the_textbook_one_where_there_are_many_runs() {
        let mut generator = Generator::new(Seed::new(3).unwrap());
        let values: Vec<f64> = (0..400).map(|_| generator.normal()).collect();
        let estimate = Bootstrap::default().mean(&[&values]);
        let (low, high) = estimate.interval.unwrap();
        let reach = 1.96 * standard_error(&values).unwrap();
        assert_eq!(estimate.value, mean(&values));
        assert!((low - (estimate.value - reach)).abs() < 0.1 * reach, "{low}");
        assert!((high - (estimate.value + reach)).abs() < 0.1 * reach, "{high}");
    }

    #[test]
    fn intervals_hold_the_mean_about_as_often_as_they_say() {
        let mut generator = Generator::new(Seed::new(11).unwrap());
        let mut bootstrap = Bootstrap::default();
        let mut held = 0;
        for _ in 0..300 {
            let values: Vec<f64> = (0..30).map(|_| generator.normal()).collect();
            let (low, high) = bootstrap.mean(&[&values]).interval.unwrap();
            held += u32::from(low <= 0.0 && 0.0 <= high);
        }
        // 95 % of 300 is 285, with a standard deviation of 4.
        assert!((273..=297).contains(&held), "{held} of 300");
    }

    /// How many of 1 000 intervals of ten runs hold the mean: studentised, and by percentiles.
    fn held_of_ten(mut draw: impl FnMut() -> f64, expected: f64) -> [u32; 2] {
        let mut bootstrap = Bootstrap::default();
        let mut held = [0, 0];
        for _ in 0..1_000 {
            let values: Vec<f64> = (0..10).map(|_| draw()).collect();
            let ways = [bootstrap.mean(&[&values]), bootstrap.estimate(&[&[&values]], &mut |scores, _| mean(scores))];
            for (held, way) in held.iter_mut().zip(ways) {
                let (low, high) = way.interval.unwrap();
                *held += u32::from((low..=high).contains(&expected));
            }
        }
        held
    }

    #[test]
    fn intervals_of_ten_runs_hold_the_mean_as_often_as_they_say() {
        // 950 of 1 000, with a standard deviation of 7.
        let mut generator = Generator::new(Seed::new(12).unwrap());
        let [studentised, percentiles] = held_of_ten(|| generator.normal(), 0.0);
        assert!((925..=975).contains(&studentised) && percentiles < 925, "{studentised}, {percentiles}");
        // Returns of many quick episodes and a few long ones: skewed as the exponential distribution is.
        let mut generator = Generator::new(Seed::new(13).unwrap());
        let [studentised, percentiles] = held_of_ten(|| -libm::log(1.0 - generator.unit()), 1.0);
        assert!((925..=975).contains(&studentised) && percentiles < 900, "{studentised}, {percentiles}");
    }

    #[test]
    fn an_interval_of_equal_runs_is_their_mean_and_one_odd_run_leaves_it_finite() {
        let mut bootstrap = Bootstrap::default();
        assert_eq!(bootstrap.mean(&[&[7.0; 10]]), Estimate { value: 7.0, interval: Some((7.0, 7.0)) });
        let mut scores = [9.0; 10];
        scores[3] = -10.0;
        let Estimate { value, interval } = bootstrap.mean(&[&scores]);
        let (low, high) = interval.unwrap();
        // Three of ten resamples leave the odd one out.
        assert!(low < 6.0 && value < high && high - low < 20.0, "{low} {high}");
    }

    #[test]
    fn as_many_runs_tell_two_sides_apart_as_noethers_formula_says() {
        // (1.959964 + 0.841621)^2 / (6 * 0.2^2) = 32.70, and with 0.1^2 130.8.
        assert_eq!(runs_to_tell_apart(0.7, 0.05, 0.8), Some(33.0));
        assert_eq!(runs_to_tell_apart(0.3, 0.05, 0.8), Some(33.0));
        assert_eq!(runs_to_tell_apart(0.6, 0.05, 0.8), Some(131.0));
        // A sixth of the level: (2.638257 + 0.841621)^2 / 0.24 = 50.46.
        assert_eq!(runs_to_tell_apart(0.7, 0.05 / 6.0, 0.8), Some(51.0));
        assert_eq!(runs_to_tell_apart(1.0, 0.05, 0.8), Some(6.0));
        assert_eq!(runs_to_tell_apart(0.5, 0.05, 0.8), None);
        assert_eq!(runs_to_tell_apart(f64::NAN, 0.05, 0.8), None);
        for (probability, quantile) in [(0.975, 1.959_963_984_540), (0.8, 0.841_621_233_573), (0.5, 0.0)] {
            assert!((normal_quantile(probability) - quantile).abs() < 1e-11, "{probability}");
        }
    }

    #[test]
    fn that_many_runs_do_tell_them_apart_four_times_of_five() {
        // Normal scores that lie so far apart that one side ends above the other in 75 % of all pairs.
        let apart = normal_quantile(0.75) * std::f64::consts::SQRT_2;
        let runs = runs_to_tell_apart(0.75, 0.05, 0.8).unwrap() as usize;
        let mut generator = Generator::new(Seed::new(14).unwrap());
        let mut side = |more: f64| (0..runs).map(|_| generator.normal() + more).collect::<Vec<f64>>();
        let told = (0..100).filter(|_| difference_by_chance(&side(apart), &side(0.0)) < 0.05).count();
        // 80 of 100, with a standard deviation of 4.
        assert!((70..=92).contains(&told), "{told} of 100 with {runs} runs");
    }

    #[test]
    fn each_task_keeps_its_share_of_the_runs() {
        // Whatever is drawn, half of the scores are 0 and half are 1.
        let estimate = Bootstrap::default().mean(&[&[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0]]);
        assert_eq!(estimate, Estimate { value: 0.5, interval: Some((0.5, 0.5)) });
        // In one stratum they would mix.
        let mixed = Bootstrap::default().mean(&[&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]).interval.unwrap();
        assert!(mixed.0 < 0.5 && mixed.1 > 0.5);
    }

    #[test]
    fn who_always_wins_improves_for_certain_and_equals_by_half() {
        let mut bootstrap = Bootstrap::default();
        let better = bootstrap.improvement(&[&[2.0, 3.0], &[20.0, 30.0]], &[&[0.0, 1.0, 1.0], &[1.0, 2.0]]);
        assert_eq!(better, Estimate { value: 1.0, interval: Some((1.0, 1.0)) });
        let equal = bootstrap.improvement(&[&[5.0, 5.0]], &[&[5.0, 5.0]]);
        assert_eq!(equal, Estimate { value: 0.5, interval: Some((0.5, 0.5)) });
        // 100 to 1 at one task, 1 to 100 at the other: on average no improvement.
        assert_eq!(bootstrap.improvement(&[&[9.0, 9.0], &[0.0, 0.0]], &[&[1.0, 1.0], &[1.0, 1.0]]).value, 0.5);
    }

    #[test]
    fn twenty_thousand_runs_a_side_are_no_matter() {
        let mut generator = Generator::new(Seed::new(5).unwrap());
        let [ours, theirs] = [0.5, 0.0].map(|more| (0..20_000).map(|_| generator.normal() + more).collect::<Vec<_>>());
        let estimate = Bootstrap::default().improvement(&[&ours], &[&theirs]);
        // The normal distribution's value at 0.5 / sqrt(2).
        let (low, high) = estimate.interval.unwrap();
        assert!((estimate.value - 0.638_163).abs() < 0.01 && low < 0.638_163 && 0.638_163 < high, "{estimate:?}");
    }

    #[test]
    fn one_run_has_no_interval() {
        let mut bootstrap = Bootstrap::default();
        assert_eq!(bootstrap.mean(&[&[4.0]]), Estimate { value: 4.0, interval: None });
        assert_eq!(bootstrap.mean(&[&[4.0, 6.0], &[2.0]]).interval, None);
        assert!(bootstrap.mean(&[]).value.is_nan());
        assert_eq!(bootstrap.mean(&[]).interval, None);
    }

    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-1e6..1e6_f64, 2..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_estimate_lies_within_the_scores(one in scores(), other in scores()) {
            let mut bootstrap = Bootstrap::default();
            let strata: [&[f64]; 2] = [&one, &other];
            let least = one.iter().chain(&other).copied().fold(f64::INFINITY, f64::min) - 1e-6;
            let most = one.iter().chain(&other).copied().fold(f64::NEG_INFINITY, f64::max) + 1e-6;
            let estimate = bootstrap.interquartile_mean(&strata);
            let (low, high) = estimate.interval.unwrap();
            prop_assert!(least <= low && low <= high && high <= most);
            prop_assert!(least <= estimate.value && estimate.value <= most);
            let estimate = bootstrap.mean(&strata);
            let (low, high) = estimate.interval.unwrap();
            prop_assert!(low <= estimate.value && estimate.value <= high && low.is_finite() && high.is_finite());
            prop_assert!(least <= estimate.value && estimate.value <= most);
        }

        #[test]
        fn buffers_carry_nothing_over(one in scores(), other in scores()) {
            let mut used = Bootstrap::default();
            used.interquartile_mean(&[&one]);
            prop_assert_eq!(used.mean(&[&other]), Bootstrap::default().mean(&[&other]));
        }

        #[test]
        fn the_order_of_runs_does_not_change_the_middle(mut scores in scores()) {
            let forwards = interquartile_mean(&mut scores.clone());
            scores.reverse();
            prop_assert_eq!(interquartile_mean(&mut scores), forwards);
        }

        #[test]
        fn ranks_count_what_pairs_count(one in prop::collection::vec(0..9_u8, 1..30), other in prop::collection::vec(0..9_u8, 1..30)) {
            let [one, other] = [one, other].map(|it| it.into_iter().map(f64::from).collect::<Vec<_>>());
            let pairs = one.iter().flat_map(|our| other.iter().map(move |their| (our, their)));
            let wins: f64 = pairs.map(|(our, their)| if our == their { 0.5 } else { f64::from(u8::from(our > their)) }).sum();
            prop_assert_eq!(improvement(&one, &other), wins / (one.len() * other.len()) as f64);
        }

        #[test]
        fn improvements_of_two_add_up_to_one(one in scores(), other in scores()) {
            prop_assert!((improvement(&one, &other) + improvement(&other, &one) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn profiles_fall_from_one_to_zero(scores in scores(), low in -2e6..2e6_f64, more in 0.0..1e6_f64) {
            prop_assert!(share_above(&scores, low) >= share_above(&scores, low + more));
            prop_assert_eq!(share_above(&scores, -1e7), 1.0);
            prop_assert_eq!(share_above(&scores, 1e7), 0.0);
        }
    }
}
