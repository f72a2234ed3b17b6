//! What sums give back, against every value that was put in.

use super::*;
use crate::config::{Limits, Retention};
use crate::feed::{Feed, KnownEpoch};
use crate::points::CurveQuery;
use crate::store::schema;
use crate::store::sql::INSERT;
use crate::store::thinning::ThinningPass;
use proptest::prelude::*;
use shared::Payload;
use shared::event::{LogEvent, Severity};
use std::sync::Arc;

/// Small, so that short logs are summed up.
const FLOOR: u32 = 2;

/// A log in a database, and all values that were ever put into it.
struct Stored {
    _directory: tempfile::TempDir,
    connection: Connection,
    feed: Arc<Feed>,
    /// By metric: step and value.
    put: BTreeMap<String, Vec<(u64, f64)>>,
    entries: u64,
}

fn run() -> RunId {
    RunId::new("run").unwrap()
}

impl Stored {
    fn new() -> Self {
        let directory = tempfile::TempDir::new().unwrap();
        let connection = schema::open_unchecked(&directory.path().join("terrarium.db")).unwrap();
        let insert = "INSERT INTO epochs (run, epoch, started_millis, announced) VALUES ('run', 1, 0, 1)";
        connection.execute(insert, []).unwrap();
        let feed = Arc::new(Feed::new((run(), Epoch(1)), 0, KnownEpoch::default(), &Limits::default()));
        Self { _directory: directory, connection, feed, put: BTreeMap::new(), entries: 0 }
    }

    /// Stores entries: notices, or metrics of which some are rare and some no numbers.
    fn grow(&mut self, kinds: &[u8]) {
        let transaction = self.connection.transaction().unwrap();
        for kind in kinds {
            let offset = self.entries;
            self.entries += 1;
            // Now and then steps fall.
            let step = if *kind == 7 { offset / 2 } else { offset };
            let value = ((offset * 7919) % 1009) as f64;
            let mut values = BTreeMap::from([("often".to_owned(), value)]);
            if *kind == 6 {
                values.insert("rare".to_owned(), if offset.is_multiple_of(3) { f64::NAN } else { -value });
            }
            let event = if *kind == 0 {
                LogEvent::Notice { severity: Severity::Information, text: "n".into() }
            } else {
                for (name, value) in &values {
                    self.put.entry(name.clone()).or_default().push((step, *value));
                }
                LogEvent::Metrics { step, episode: 0, values, statistics: BTreeMap::new() }
            };
            let event = Payload::plain(&event).unwrap();
            let bytes = event.as_bytes();
            transaction.execute(INSERT, params![1, signed(offset), 0.0, bytes, checksum(bytes)]).unwrap();
        }
        transaction.execute("UPDATE epochs SET entries = ?1", [signed(self.entries)]).unwrap();
        transaction.commit().unwrap();
    }

    fn climb(&mut self, most: u64) -> bool {
        climb(&mut self.connection, 1, FLOOR, most).unwrap()
    }

    /// A pass through what is old and summed up, if one is due.
    fn thin(&mut self) {
        while self.climb(100) {}
        let retention = Retention { total_bytes: 0, fine_entries: 16, ..Retention::default() };
        let Some(mut pass) = ThinningPass::plan(&self.connection, self.feed.clone(), &retention).unwrap() else {
            return;
        };
        while !pass.step(&mut self.connection, &retention).unwrap() {}
        let thinned: i64 = self.connection.query_row("SELECT thinned FROM epochs", [], |row| row.get(0)).unwrap();
        // As the relay's own floor is above the finest grain, so that what is thinned is summed up by then.
        for finer in (8..=unsigned(thinned)).step_by(8) {
            follow(&self.connection, 1, &(finer - 8..finer), FLOOR).unwrap();
        }
    }

    /// The points of a query, with the rest of the log value by value as over HTTP.
    fn points(&self, steps: Range<u64>, most: usize) -> BTreeMap<String, Vec<MetricPoint>> {
        let query = CurveQuery { names: None, most_names: 64, steps, most };
        let damage = Damage::default();
        let place = (&run(), Epoch(1));
        let (mut curves, next) = curves(&self.connection, place, query, FLOOR, &damage).unwrap();
        let rest = Excerpt { offsets: next..u64::MAX, most: usize::MAX, most_bytes: usize::MAX };
        for entry in entries(&self.connection, &run(), Epoch(1), &rest, &damage).unwrap() {
            if let ThinnedEntry::Metrics { step, values } = part(&entry) {
                curves.push(entry.offset.0, step, values);
            }
        }
        curves.points()
    }

    fn check(&self, steps: &Range<u64>, most: usize) {
        let found = self.points(steps.clone(), most);
        for (name, put) in &self.put {
            let put: Vec<_> = put.iter().filter(|(step, _)| steps.contains(step)).collect();
            let finite: Vec<f64> = put.iter().map(|(_, value)| *value).filter(|it| it.is_finite()).collect();
            let none = Vec::new();
            let points = found.get(name).unwrap_or(&none);
            assert!(points.len() <= most, "{} points of {most}", points.len());
            assert!(2 * points.len() >= most.min(put.len()), "{} of {most}, {} values", points.len(), put.len());
            let count = |of: fn(&MetricPoint) -> u64| points.iter().map(of).sum::<u64>() as usize;
            assert_eq!(count(|it| it.count), finite.len(), "{name}");
            assert_eq!(count(|it| it.not_finite), put.len() - finite.len());
            let mut next = 0;
            for point in points.iter().filter(|it| it.count > 0) {
                let part = &finite[next..next + point.count as usize];
                next += part.len();
                assert_eq!(point.min, part.iter().copied().fold(f64::INFINITY, f64::min));
                assert_eq!(point.max, part.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                assert_eq!(point.last, *part.last().unwrap());
                assert!((point.mean - part.iter().sum::<f64>() / part.len() as f64).abs() < 1e-9);
                assert!(put.iter().any(|it| **it == (point.min_step, point.min)));
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Grow(Vec<u8>),
    Climb(u64),
    Look(Range<u64>, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        prop_oneof![
            prop::collection::vec(0u8..8, 0..200),
            (0u8..8, 0usize..200).prop_map(|(kind, count)| vec![kind; count]),
        ]
        .prop_map(Deed::Grow),
        (0u64..80).prop_map(Deed::Climb),
        (0u64..600, 0u64..600, 1usize..50).prop_map(|(from, count, most)| Deed::Look(from..from + count, most)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn points_from_sums_are_as_exact_as_those_of_every_value(
        deeds in prop::collection::vec(deed(), 1..16),
        most in 1usize..100,
    ) {
        let mut stored = Stored::new();
        for deed in deeds {
            match deed {
                Deed::Grow(kinds) => stored.grow(&kinds),
                Deed::Climb(most) => { stored.climb(most); }
                Deed::Look(steps, most) => stored.check(&steps, most),
            }
        }
        while stored.climb(100) {}
        stored.check(&(0..u64::MAX), most);
        stored.check(&(most as u64..7 * most as u64), most);
    }
}

#[test]
fn hardly_more_is_read_than_is_sent() {
    let mut stored = Stored::new();
    stored.grow(&(0..10_000).map(|it| if it % 2500 == 7 { 6 } else { 1 }).collect::<Vec<_>>());
    while stored.climb(1000) {}
    let whole = stored.points(0..u64::MAX, 100);
    assert_eq!(whole["rare"].len(), 4, "each of a few values is a group");
    // What is read is missed once it is gone.
    stored.connection.execute("DELETE FROM entries WHERE offset < 9984", []).unwrap();
    stored.connection.execute("DELETE FROM sums WHERE level < 6 AND block < 9984", []).unwrap();
    assert!(stored.points(0..u64::MAX, 100) == whole);
    // Where they are damaged the log is read.
    stored.connection.execute("UPDATE sums SET event = x'00'", []).unwrap();
    assert!(stored.points(0..u64::MAX, 100)["often"].len() <= 16);
}

#[test]
fn a_metric_that_is_rare_at_first_is_fine_where_it_gets_dense() {
    let mut stored = Stored::new();
    stored.grow(&[6]);
    stored.grow(&[1; 63]);
    while stored.climb(1000) {}
    stored.grow(&[6; 60]);
    stored.check(&(0..u64::MAX), 20);
}

#[test]
fn a_log_that_gets_thin_keeps_what_was_summed_up() {
    let mut stored = Stored::new();
    for _ in 0..12 {
        stored.grow(&vec![1; 500]);
        stored.thin();
        for most in [3, 20, 100] {
            let points = &stored.points(0..u64::MAX, most)["often"];
            assert_eq!(points.iter().map(|it| it.count).sum::<u64>(), stored.entries);
            assert!(points.len() <= most && points.len() * 2 >= most.min(16), "{} of {most}", points.len());
        }
    }
    let count = |of: &str| -> i64 {
        stored.connection.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0)).unwrap()
    };
    assert!(count("entries") < 1000, "{}", count("entries"));
    assert!(count("sums") < 1000, "{}", count("sums"));
}

#[test]
fn a_log_with_metrics_of_too_many_names_goes_without() {
    let mut stored = Stored::new();
    let transaction = stored.connection.transaction().unwrap();
    for offset in 0..8u64 {
        let values = (0..400).map(|it| (format!("{offset}-{it}-{}", "long".repeat(100)), 1.0)).collect();
        let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: BTreeMap::new() };
        let event = Payload::compressed(&event).unwrap();
        let bytes = event.as_bytes();
        transaction.execute(INSERT, params![1, signed(offset), 0.0, bytes, checksum(bytes)]).unwrap();
    }
    transaction.execute("UPDATE epochs SET entries = 8", []).unwrap();
    transaction.commit().unwrap();
    assert!(!stored.climb(10));
    assert!(!stored.climb(10));
    assert_eq!(stored.points(0..u64::MAX, 10).len(), 64);
}
