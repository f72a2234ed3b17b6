//! What the charts of a comparison draw: mean curves and performance profiles of all contenders.

use crate::charts::export::{csv_of_board, csv_of_profiles};
use crate::charts::sample::{XAxis, of_points, of_profile};
use crate::charts::shared_viewport::ChartManner;
use crate::charts::subject::{ChartSetting, DrawnCurve, Hue, Subject};
use crate::language::all_told;
use crate::store::board::{ComparisonBoard, EpisodeMeasure, Runs};
use crate::text;
use plot::{CurvePyramid, Sample, SpreadKind};
use std::any::Any;

/// The mean curves of all contenders on a board, each in its own colour.
#[derive(Debug, PartialEq)]
pub struct MeanCurves(pub ComparisonBoard, pub EpisodeMeasure);

/// The performance profiles of all contenders on a board, likewise.
#[derive(Debug, PartialEq)]
pub struct ProfileCurves(pub ComparisonBoard);

impl Subject for MeanCurves {
    fn revision(&self) -> u64 {
        self.0.look().revision
    }

    fn follow(&self, axis: XAxis, window: f64, curves: &mut Vec<DrawnCurve>) {
        let samples = |runs: &mut Runs, agent| of_points(&runs.curve(agent, self.1), axis);
        *curves = of_contenders(&mut self.0.change(), window, samples);
    }

    fn setting(&self, axis: XAxis) -> ChartSetting {
        let board = self.0.look();
        ChartSetting {
            optimal: (self.1 == EpisodeMeasure::Return).then_some(board.optimal_return).flatten(),
            domain: (axis == XAxis::Episode).then(|| board.domain()).flatten(),
            around: SpreadKind::Bands,
            ..ChartSetting::default()
        }
    }

    fn csv(&self, _: ChartManner) -> String {
        csv_of_board(&mut self.0.change(), self.1)
    }

    fn draws_the_same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }
}

impl Subject for ProfileCurves {
    fn revision(&self) -> u64 {
        self.0.look().revision
    }

    fn follow(&self, _: XAxis, window: f64, curves: &mut Vec<DrawnCurve>) {
        *curves = of_contenders(&mut self.0.change(), window, |runs, agent| of_profile(&runs.profile(agent)));
    }

    fn setting(&self, _: XAxis) -> ChartSetting {
        ChartSetting {
            x_name: Some(text::PROFILE_AXIS.text()),
            domain: self.0.look().score_range(),
            value_range: Some((0.0, 1.0)),
            falls: true,
            around: SpreadKind::Bands,
            ..ChartSetting::default()
        }
    }

    fn csv(&self, _: ChartManner) -> String {
        csv_of_profiles(&mut self.0.change())
    }

    fn draws_the_same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }
}

/// A curve of every contender, in its colour.
fn of_contenders(runs: &mut Runs, window: f64, samples: impl Fn(&mut Runs, usize) -> Vec<Sample>) -> Vec<DrawnCurve> {
    let names = runs.names.clone();
    let curve = |(agent, (name, hue)): (usize, (String, &Hue))| DrawnCurve {
        curve: CurvePyramid::of(samples(runs, agent), window),
        epoch: None,
        hue: *hue,
        name: all_told(&name),
        dashed: agent >= 3,
    };
    names.into_iter().zip(&Hue::CONTENDERS).enumerate().map(curve).collect()
}
