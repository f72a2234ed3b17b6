//! What the tests of `agents/tests/figures` print: `row WHAT | OURS | FROM | REFERENCE | TOLERANCE` and
//! `curve PICTURE | X | Y | SCALE | RANGE | NAME | x,y x,y ...`.

/// A value beside its reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FigureRow {
    pub(super) what: String,
    pub(super) found: f64,
    pub(super) from: String,
    pub(super) reference: f64,
    /// Infinite where the reference is a lower bound, negative where it is an upper one.
    pub(super) tolerance: f64,
}

/// A line with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FigureCurve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Curves over common axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    /// Of its file.
    pub(super) name: String,
    /// Of the axes.
    pub(super) x: String,
    pub(super) y: String,
    /// Whether equal factors take equal room on the horizontal axis.
    pub(super) is_logarithmic: bool,
    /// What is shown of the vertical axis, if not all.
    pub(super) range: Option<(f64, f64)>,
    pub(super) curves: Vec<FigureCurve>,
}

/// What the tests of a module found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FigureFindings {
    pub(super) rows: Vec<FigureRow>,
    pub(super) pictures: Vec<Picture>,
}

impl FigureFindings {
    /// What the tests of `module` printed, by the names of the tests.
    pub(super) fn read(output: &str, module: &str) -> Self {
        let mut lines: Vec<(&str, &str)> = Vec::new();
        let mut test = "";
        for line in output.lines() {
            match line.strip_prefix("---- ").and_then(|it| it.strip_suffix(" stdout ----")) {
                Some(name) => test = name,
                None if test.split("::").next() == Some(module) => lines.push((test, line)),
                None => {}
            }
        }
        lines.sort_by_key(|(test, _)| *test);
        let mut findings = Self::default();
        for (_, line) in lines {
            if let Some(row) = line.strip_prefix("row ").and_then(row) {
                findings.rows.push(row);
            } else if let Some(picture) = line.strip_prefix("curve ").and_then(curve) {
                findings.add(picture);
            }
        }
        findings
    }

    fn add(&mut self, picture: Picture) {
        match self.pictures.iter_mut().find(|it| it.name == picture.name) {
            Some(known) => known.curves.extend(picture.curves),
            None => self.pictures.push(picture),
        }
    }
}

fn row(line: &str) -> Option<FigureRow> {
    let [what, found, from, reference, tolerance] = line.split(" | ").collect::<Vec<_>>().try_into().ok()?;
    Some(FigureRow {
        what: what.to_owned(),
        found: found.parse().ok()?,
        from: from.to_owned(),
        reference: reference.parse().ok()?,
        tolerance: tolerance.parse().ok()?,
    })
}

/// A picture with one curve.
fn curve(line: &str) -> Option<Picture> {
    let [name, x, y, scale, range, curve, points] = line.split(" | ").collect::<Vec<_>>().try_into().ok()?;
    let pair = |word: &str, between: &str| {
        word.split_once(between).and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)))
    };
    let points = points.split(' ').map(|word| pair(word, ",")).collect::<Option<_>>()?;
    Some(Picture {
        name: name.to_owned(),
        x: x.to_owned(),
        y: y.to_owned(),
        is_logarithmic: scale == "logarithmic",
        range: pair(range, ".."),
        curves: vec![FigureCurve { name: curve.to_owned(), points }],
    })
}

/// What two tests print, for tests.
#[cfg(test)]
pub(super) const OUTPUT: &str = "\
running 3 tests
successes:

---- cliff::sarsa_keeps_away stdout ----
curve cliff | episode | mean return | linear | -100..0 | SARSA | 10,-50.5 20,-30
row SARSA | -27.05000 | 50 runs | -27.07882 | 0.40000

---- cliff::q_learning stdout ----
curve cliff | episode | mean return | linear | -100..0 | Q-learning | 10,-60 20,-50

---- cliffs::others stdout ----
row others | 60.00000 | 30 runs | 58 | inf
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_several_tests_share_a_picture() {
        let findings = FigureFindings::read(OUTPUT, "cliff");
        assert_eq!(findings.rows.len(), 1);
        let [picture] = &findings.pictures[..] else { panic!("{findings:?}") };
        assert_eq!((picture.is_logarithmic, picture.range), (false, Some((-100.0, 0.0))));
        let names: Vec<_> = picture.curves.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Q-learning", "SARSA"]);
        assert_eq!(picture.curves[1].points, [(10.0, -50.5), (20.0, -30.0)]);
        assert!(FigureFindings::read(OUTPUT, "cliffs").rows[0].tolerance.is_infinite());
    }
}
