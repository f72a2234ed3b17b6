//! What of the runs is shown, as the address has it: whoever opens it sees the same.

use crate::charts::sample::XAxis;
use crate::route::Route;
use shared::RunId;

/// Episodes that a curve averages unless somebody chose.
pub const WINDOW: u32 = 50;

/// A quantity over the course of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverlayMeasure {
    /// Undiscounted return of episodes.
    Return,
    /// Their length in steps.
    Length,
    /// A metric, by its name.
    Metric(String),
}

impl OverlayMeasure {
    /// Its name in addresses.
    pub fn name(&self) -> &str {
        match self {
            Self::Return => "return",
            Self::Length => "length",
            Self::Metric(name) => name,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "return" => Self::Return,
            "length" => Self::Length,
            name => Self::Metric(name.to_owned()),
        }
    }
}

fn axis_named(name: &str) -> XAxis {
    [XAxis::Episode, XAxis::Time].into_iter().find(|it| it.name() == name).unwrap_or(XAxis::Step)
}

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayView {
    /// The runs; all if none is named.
    pub runs: Vec<RunId>,
    /// The column by whose values runs are put together; empty where each stands by itself.
    pub by: String,
    /// What runs from left to right.
    pub axis: XAxis,
    /// Episodes that a curve averages.
    pub window: u32,
    /// The charts, in their order.
    pub measures: Vec<OverlayMeasure>,
}

impl Default for OverlayView {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            by: String::new(),
            axis: XAxis::Step,
            window: WINDOW,
            measures: vec![OverlayMeasure::Return],
        }
    }
}

impl OverlayView {
    /// Reads what stands behind the place's name in an address; what it does not say or says wrongly is as ever.
    pub fn parse(text: &str) -> Self {
        let (runs, query) = text.split_once('?').unwrap_or((text, ""));
        let mut view =
            Self { runs: runs.split('+').filter_map(|run| RunId::new(run).ok()).collect(), ..Self::default() };
        let decoded =
            |text: &str| urlencoding::decode(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned);
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            match name {
                "by" => view.by = decoded(value),
                "x" => view.axis = axis_named(value),
                "window" => view.window = value.parse().unwrap_or(WINDOW).clamp(1, 1_000_000),
                "show" => {
                    let names = value.split(',').filter(|it| !it.is_empty());
                    view.measures = names.map(|it| OverlayMeasure::named(&decoded(it))).collect();
                }
                _ => {}
            }
        }
        view
    }

    /// The address.
    pub fn address(&self) -> String {
        let ordinary = Self { runs: self.runs.clone(), ..Self::default() };
        let mut query = Vec::new();
        if self.by != ordinary.by {
            query.push(format!("by={}", urlencoding::encode(&self.by)));
        }
        if self.axis != ordinary.axis {
            query.push(format!("x={}", self.axis.name()));
        }
        if self.window != ordinary.window {
            query.push(format!("window={}", self.window));
        }
        if self.measures != ordinary.measures {
            let names: Vec<_> = self.measures.iter().map(|it| urlencoding::encode(it.name())).collect();
            query.push(format!("show={}", names.join(",")));
        }
        let runs: Vec<_> = self.runs.iter().map(RunId::as_str).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        Route::Overlay(format!("{}{separator}{}", runs.join("+"), query.join("&"))).address()
    }

    /// Shows a measure or takes it away.
    #[must_use]
    pub fn toggled(&self, measure: &OverlayMeasure) -> Self {
        let mut view = self.clone();
        match view.measures.iter().position(|it| it == measure) {
            Some(place) => drop(view.measures.remove(place)),
            None => view.measures.push(measure.clone()),
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> OverlayView {
        match Route::parse(address) {
            Route::Overlay(text) => OverlayView::parse(&text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_opens_what_it_was_made_of() {
        let view = OverlayView {
            runs: ["a", "b.2"].map(|it| RunId::new(it).unwrap()).to_vec(),
            by: "agent_alpha & more".into(),
            axis: XAxis::Time,
            window: 200,
            measures: vec![OverlayMeasure::Length, OverlayMeasure::Metric("losses/π, +?#=".into())],
        };
        assert_eq!(of(&view.address()), view);
        let none = OverlayView { measures: Vec::new(), ..OverlayView::default() };
        assert_eq!(of(&none.address()), none);
        assert_eq!(OverlayView::default().address(), "#/overlay");
        assert_eq!(of("#/overlay"), OverlayView::default());
        assert_eq!(of("#/overlay/a").runs, [RunId::new("a").unwrap()]);
    }

    #[test]
    fn what_an_address_says_wrongly_is_as_ever() {
        let odd = of("#/overlay/a+..+b?x=sideways&window=-3&colour=red&by");
        assert_eq!(
            odd,
            OverlayView { runs: ["a", "b"].map(|it| RunId::new(it).unwrap()).to_vec(), ..OverlayView::default() }
        );
    }

    #[test]
    fn a_measure_comes_and_goes() {
        let loss = OverlayMeasure::Metric("losses/value_loss".into());
        let both = OverlayView::default().toggled(&loss);
        assert_eq!(both.measures, [OverlayMeasure::Return, loss.clone()]);
        assert_eq!(both.toggled(&loss), OverlayView::default());
    }
}
