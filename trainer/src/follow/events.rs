//! What stands in a record, as far as it is read: scalars and histograms in both dialects.
//!
//! Field numbers are those of TensorFlow's `event.proto`, `summary.proto` and `tensor.proto`.

use prost::{Message, Oneof};
use shared::statistic::Statistic;

/// A record.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct EventRecord {
    /// When, in seconds since 1970.
    #[prost(double, tag = "1")]
    pub(crate) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(crate) step: i64,
    /// The first record of a file has it alone.
    #[prost(string, optional, tag = "3")]
    pub(crate) file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub(crate) summary: Option<EventSummary>,
    #[prost(message, optional, tag = "7")]
    pub(crate) session: Option<SessionLog>,
}

/// What a training says of itself.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SessionLog {
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

/// `SessionLog.START`.
const START: i32 = 1;

impl EventRecord {
    /// The step from which on everything before is void: a training that begins again there says so (`purge_step`).
    pub(crate) fn purged_from(&self) -> Option<u64> {
        self.session.as_ref().filter(|it| it.status == START).and_then(|_| u64::try_from(self.step).ok())
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EventSummary {
    #[prost(message, repeated, tag = "1")]
    pub(crate) value: Vec<SummaryValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SummaryValue {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(oneof = "SummaryContent", tags = "2, 5, 8")]
    pub(crate) content: Option<SummaryContent>,
    #[prost(message, optional, tag = "9")]
    pub(crate) metadata: Option<Metadata>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum SummaryContent {
    #[prost(float, tag = "2")]
    Simple(f32),
    #[prost(message, tag = "5")]
    Histogram(Histogram),
    #[prost(message, tag = "8")]
    Tensor(EventTensor),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub(crate) plugin: Option<Plugin>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Plugin {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Histogram {
    #[prost(double, tag = "1")]
    pub(crate) min: f64,
    #[prost(double, tag = "2")]
    pub(crate) max: f64,
    #[prost(double, tag = "3")]
    pub(crate) count: f64,
    #[prost(double, tag = "4")]
    pub(crate) sum: f64,
    #[prost(double, tag = "5")]
    pub(crate) sum_of_squares: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EventTensor {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) content: Vec<u8>,
    #[prost(float, repeated, tag = "5")]
    pub(crate) floats: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    pub(crate) doubles: Vec<f64>,
}

/// TensorFlow's numbers of types.
const FLOAT: i32 = 1;
const DOUBLE: i32 = 2;

impl EventTensor {
    fn numbers(&self) -> Vec<f64> {
        let (floats, doubles) = (self.content.as_chunks::<4>().0, self.content.as_chunks::<8>().0);
        match self.kind {
            FLOAT if self.floats.is_empty() => floats.iter().map(|it| f64::from(f32::from_le_bytes(*it))).collect(),
            FLOAT => self.floats.iter().map(|it| f64::from(*it)).collect(),
            DOUBLE if self.doubles.is_empty() => doubles.iter().map(|it| f64::from_le_bytes(*it)).collect(),
            DOUBLE => self.doubles.clone(),
            _ => Vec::new(),
        }
    }
}

/// What a tag took at a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TagValue {
    Scalar(f64),
    Histogram(Statistic),
}

impl SummaryValue {
    /// What this is, where it is read: text, pictures and the like are not.
    pub(crate) fn taken(&self) -> Option<TagValue> {
        match self.content.as_ref()? {
            SummaryContent::Simple(value) => Some(TagValue::Scalar(f64::from(*value))),
            SummaryContent::Histogram(it) => moments(it).map(TagValue::Histogram),
            SummaryContent::Tensor(tensor) => {
                let numbers = tensor.numbers();
                let plugin = self.metadata.as_ref().and_then(|it| it.plugin.as_ref()).map(|it| it.name.as_str());
                match (plugin, &numbers[..]) {
                    (Some("histograms"), buckets) => weighted(buckets).map(TagValue::Histogram),
                    // Only the first value of a tag says what it is.
                    (Some("scalars") | None, [value]) => Some(TagValue::Scalar(*value)),
                    (None, buckets) if buckets.len().is_multiple_of(3) => weighted(buckets).map(TagValue::Histogram),
                    _ => None,
                }
            }
        }
    }
}

fn moments(it: &Histogram) -> Option<Statistic> {
    let count = it.count;
    if !(count >= 1.0 && it.sum.is_finite()) {
        return None;
    }
    let mean = it.sum / count;
    let m2 = (it.sum_of_squares - it.sum * mean).max(0.0);
    Some(Statistic { count: count as u64, mean, m2, min: it.min, max: it.max, last: mean, not_finite: 0 })
}

/// The moments of buckets: left edge, right edge and count each; values count at the middle.
fn weighted(buckets: &[f64]) -> Option<Statistic> {
    let rows: Vec<[f64; 3]> = buckets.as_chunks::<3>().0.iter().copied().filter(|row| row[2] > 0.0).collect();
    let count: f64 = rows.iter().map(|row| row[2]).sum();
    let (first, last) = (rows.first()?, rows.last()?);
    let middle = |row: &[f64; 3]| f64::midpoint(row[0], row[1]);
    let mean = rows.iter().map(|row| middle(row) * row[2]).sum::<f64>() / count;
    let m2 = rows.iter().map(|row| (middle(row) - mean) * (middle(row) - mean) * row[2]).sum();
    Some(Statistic { count: count as u64, mean, m2, min: first[0], max: last[1], last: mean, not_finite: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(content: SummaryContent, plugin: Option<&str>) -> Option<TagValue> {
        let plugin = plugin.map(|name| Plugin { name: name.into() });
        SummaryValue { tag: "t".into(), content: Some(content), metadata: Some(Metadata { plugin }) }.taken()
    }

    #[test]
    fn both_dialects_of_scalars_and_histograms_are_read() {
        assert_eq!(value(SummaryContent::Simple(0.5), None), Some(TagValue::Scalar(0.5)));
        let packed = EventTensor { kind: FLOAT, content: 2.5_f32.to_le_bytes().to_vec(), ..EventTensor::default() };
        assert_eq!(value(SummaryContent::Tensor(packed), Some("scalars")), Some(TagValue::Scalar(2.5)));
        let listed = EventTensor { kind: DOUBLE, doubles: vec![1.5], ..EventTensor::default() };
        assert_eq!(value(SummaryContent::Tensor(listed), None), Some(TagValue::Scalar(1.5)));
        let old = Histogram { min: 0.0, max: 2.0, count: 2.0, sum: 2.0, sum_of_squares: 4.0 };
        let new = EventTensor { kind: DOUBLE, doubles: vec![-0.5, 0.5, 1.0, 1.5, 2.5, 1.0], ..EventTensor::default() };
        for (content, plugin) in
            [(SummaryContent::Histogram(old), None), (SummaryContent::Tensor(new), Some("histograms"))]
        {
            let Some(TagValue::Histogram(it)) = value(content, plugin) else { panic!("no histogram") };
            assert_eq!((it.count, it.mean, it.m2), (2, 1.0, 2.0));
        }
        let text = EventTensor { kind: 7, ..EventTensor::default() };
        assert_eq!(value(SummaryContent::Tensor(text), Some("text")), None);
    }
}
