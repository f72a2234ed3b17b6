//! The figures of the literature, made with as many runs as they deserve: docs/FIGURES.md and its pictures.
//!
//! The tests of `agents/tests/figures` print what they find: `row WHAT | OURS | FROM | REFERENCE | TOLERANCE` and
//! `curve NAME | x,y x,y ...`. A test that fails makes no page.

mod svg;

use crate::workspace::{cargo, root};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// A figure: where it comes from, how it is drawn, and the tests that make it.
struct Figure {
    name: &'static str,
    title: &'static str,
    axes: (&'static str, &'static str),
    tests: &'static [&'static str],
}

const FIGURES: [Figure; 12] = [
    Figure {
        name: "cliff",
        title: "Cliff walking: Sutton and Barto, example 6.6, figure 6.4",
        axes: ("episode", "mean return"),
        tests: &["control::q_learning_walks", "control::sarsa_keeps", "control::expected_sarsa"],
    },
    Figure {
        name: "wind",
        title: "Windy gridworld: example 6.5",
        axes: ("", ""),
        tests: &["control::sarsa_learns_to_sail", "control::q_learning_sails"],
    },
    Figure { name: "bias", title: "Maximisation bias: figure 6.5", axes: ("episode", "% left"), tests: &["bias::"] },
    Figure {
        name: "walk",
        title: "19-state random walk: figures 7.2, 12.6 and 12.8, root mean square error",
        axes: ("", ""),
        tests: &["prediction::"],
    },
    Figure {
        name: "maze",
        title: "Dyna maze: figure 8.2",
        axes: ("episode", "mean steps"),
        tests: &["planning::planning_needs"],
    },
    Figure {
        name: "changing-mazes",
        title: "Changing mazes: figures 8.4 and 8.5, goals reached",
        axes: ("", ""),
        tests: &["planning::only_curiosity", "planning::curiosity_is"],
    },
    Figure {
        name: "blackjack",
        title: "Blackjack: figures 5.1 to 5.3",
        axes: ("dealer's open card", "sum"),
        tests: &["blackjack::sticking", "blackjack::exploring"],
    },
    Figure {
        name: "gambler",
        title: "The gambler: figure 4.3",
        axes: ("capital", "value"),
        tests: &["blackjack::planners", "blackjack::double"],
    },
    Figure {
        name: "arms",
        title: "Ten-armed testbed: figures 2.2 to 2.5, pulls 901 to 1000",
        axes: ("", ""),
        tests: &["bandits::"],
    },
    Figure {
        name: "car",
        title: "Mountain car: figures 10.2 to 10.4",
        axes: ("episode", "mean steps"),
        tests: &["mountain_car::larger", "mountain_car::several"],
    },
    Figure {
        name: "tiles",
        title: "Other worlds without tables",
        axes: ("", ""),
        tests: &["mountain_car::tiles", "mountain_car::traces", "mountain_car::players"],
    },
    Figure {
        name: "optimum",
        title: "Control to the optimum: gridworld, cliff walking, frozen lake, taxi",
        axes: ("", ""),
        tests: &["optimum::"],
    },
];

const HEAD: &str = "\
# Figures

What the literature reports, made by our agents: `cargo xtask figures` makes all of it anew, with many runs, and fails where
a value leaves its tolerance. Tolerances are four standard errors of the difference, where they are not stated otherwise.
Ordinary tests make the same figures with fewer runs and so wider tolerances.

The book is Sutton and Barto, *Reinforcement Learning*, 2nd edition. References are means of many runs of an independent
implementation, or exact values.

";

/// Makes all figures (a quarter of an hour on two cores) and writes the page and its pictures.
pub(crate) fn figures() -> Result<()> {
    let mut tests = cargo(&["test", "--release", "--package", "agents", "--features", "figures", "--test", "figures"]);
    println!("making the figures: a quarter of an hour on two cores");
    let output = tests.args(["--", "--show-output"]).output().context("the tests cannot be run")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("a figure is not what the literature says:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let found = read(&said);
    let folder = root().join("docs/figures");
    fs::create_dir_all(&folder)?;
    let mut page = HEAD.to_owned();
    for figure in &FIGURES {
        let findings = figure.findings(&found);
        if findings.rows.is_empty() {
            bail!("no test prints a row for the figure {:?}", figure.title);
        }
        if let Some(picture) = findings.picture(figure.axes) {
            fs::write(folder.join(format!("{}.svg", figure.name)), picture)?;
        }
        page += &figure.section(&findings);
    }
    fs::write(root().join("docs/FIGURES.md"), page)?;
    println!("wrote docs/FIGURES.md and docs/figures");
    Ok(())
}

/// A value beside its reference.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    what: String,
    found: f64,
    from: String,
    reference: f64,
    /// Infinite where the reference is a lower bound, negative where it is an upper one.
    tolerance: f64,
}

/// What one or several tests found.
#[derive(Clone, Debug, Default, PartialEq)]
struct Findings {
    rows: Vec<Row>,
    curves: Vec<svg::Curve>,
}

/// What each test printed, by its name.
fn read(output: &str) -> BTreeMap<String, Findings> {
    let mut found = BTreeMap::<String, Findings>::new();
    let mut test = String::new();
    for line in output.lines() {
        if let Some(name) = line.strip_prefix("---- ").and_then(|it| it.strip_suffix(" stdout ----")) {
            name.clone_into(&mut test);
        } else if let Some(row) = line.strip_prefix("row ").and_then(read_row) {
            found.entry(test.clone()).or_default().rows.push(row);
        } else if let Some(curve) = line.strip_prefix("curve ").and_then(read_curve) {
            found.entry(test.clone()).or_default().curves.push(curve);
        }
    }
    found
}

fn read_row(line: &str) -> Option<Row> {
    let mut parts = line.split(" | ");
    let mut next = || parts.next();
    Some(Row {
        what: next()?.to_owned(),
        found: next()?.parse().ok()?,
        from: next()?.to_owned(),
        reference: next()?.parse().ok()?,
        tolerance: next()?.parse().ok()?,
    })
}

fn read_curve(line: &str) -> Option<svg::Curve> {
    let (name, points) = line.split_once(" | ")?;
    let point = |word: &str| word.split_once(',').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
    Some(svg::Curve { name: name.to_owned(), points: points.split(' ').map(point).collect::<Option<_>>()? })
}

impl Figure {
    /// What its tests found, in the order in which they are listed.
    fn findings(&self, found: &BTreeMap<String, Findings>) -> Findings {
        let mut all = Findings::default();
        for prefix in self.tests {
            for (_, of_test) in found.iter().filter(|(name, _)| name.starts_with(prefix)) {
                all.rows.extend(of_test.rows.iter().cloned());
                all.curves.extend(of_test.curves.iter().cloned());
            }
        }
        all
    }

    fn section(&self, findings: &Findings) -> String {
        let mut text = format!("## {}\n\n", self.title);
        if findings.picture(self.axes).is_some() {
            let _ = writeln!(text, "![{}](figures/{}.svg)\n", self.title, self.name);
        }
        text += "| | ours | from | reference | tolerance |\n|---|--:|--:|--:|--:|\n";
        for Row { what, found, from, reference, tolerance } in &findings.rows {
            let [found, reference] = [found, reference].map(|number| rounded(*number));
            let tolerance = match *tolerance {
                f64::INFINITY => "at least".into(),
                f64::NEG_INFINITY => "at most".into(),
                tolerance => rounded(tolerance),
            };
            let _ = writeln!(text, "| {what} | {found} | {from} | {reference} | {tolerance} |");
        }
        let filters: Vec<_> = self.tests.iter().map(|test| format!("'{test}'")).collect();
        let command = "cargo test --release -p agents --features figures --test figures --";
        let _ = writeln!(text, "\n```sh\n{command} --show-output {}\n```\n", filters.join(" "));
        text
    }
}

impl Findings {
    /// Its curves; where there are none, how far each value is from its reference.
    fn picture(&self, axes: (&str, &str)) -> Option<String> {
        if !self.curves.is_empty() {
            return Some(svg::curves(&self.curves, axes));
        }
        let deviation = |row: &Row| (row.what.clone(), (row.found - row.reference) / row.tolerance.max(1e-12));
        let near: Vec<_> = self.rows.iter().filter(|row| row.tolerance.is_finite()).map(deviation).collect();
        (!near.is_empty()).then(|| svg::deviations(&near))
    }
}

fn rounded(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.001 {
        return format!("{number:.0e}");
    }
    let digits = if number.abs() >= 100.0 {
        1
    } else if number.abs() >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{number:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 2 tests
successes:

---- control::sarsa_keeps_away stdout ----
curve sarsa | 10,-50.5 20,-30
row SARSA | -27.05000 | 50 runs | -27.07882 | 0.40000

---- planning::only_curiosity stdout ----
row goals | 120.00000 | 30 runs | 93.75 | inf
row blocked | 60.00000 | 30 runs | 58 | 4.00000
";

    #[test]
    fn what_tests_print_becomes_a_section_with_a_picture() {
        let found = read(OUTPUT);
        let findings = FIGURES[0].findings(&found);
        assert_eq!(findings.curves[0].points, [(10.0, -50.5), (20.0, -30.0)]);
        let section = FIGURES[0].section(&findings);
        assert!(section.contains("| SARSA | -27.05 | 50 runs | -27.08 | 0.4 |"), "{section}");
        assert!(section.contains("(figures/cliff.svg)") && section.contains("'control::sarsa_keeps'"));
        assert!(findings.picture(("episode", "return")).unwrap().contains("sarsa</text>"));
        let mazes = FIGURES.iter().find(|it| it.name == "changing-mazes").unwrap().findings(&found);
        let picture = mazes.picture(("", "")).unwrap();
        assert!(picture.contains("blocked</text>") && !picture.contains("goals</text>"));
    }

    #[test]
    fn every_figure_has_tests_that_exist() {
        let tests: String = fs::read_dir(root().join("agents/tests/figures"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let module = path.file_stem().unwrap().to_string_lossy().into_owned();
                fs::read_to_string(path).unwrap().replace("fn ", &format!("{module}::"))
            })
            .collect();
        for prefix in FIGURES.iter().flat_map(|figure| figure.tests) {
            assert!(tests.contains(prefix), "no test begins with {prefix}");
        }
    }
}
