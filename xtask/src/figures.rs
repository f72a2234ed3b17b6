//! The figures of the literature, made with as many runs as they deserve: docs/FIGURES.md and its pictures.

mod drawing;
mod findings;

use crate::workspace::{cargo, root};
use anyhow::{Context as _, Result, bail};
use findings::{FigureFindings, FigureRow};
use std::fmt::Write as _;
use std::fs;

/// Every figure: the module of `agents/tests/figures` that makes it, and its heading.
const FIGURES: [(&str, &str); 12] = [
    ("cliff", "Cliff walking: example 6.6 and figure 6.4"),
    ("wind", "Windy gridworld: example 6.5"),
    ("bias", "Maximisation bias: figure 6.5"),
    ("random_walk", "Random walks: example 6.2, figures 7.2, 12.6 and 12.8"),
    ("maze", "Dyna maze: figure 8.2"),
    ("changing_mazes", "Changing mazes: figures 8.4 and 8.5"),
    ("blackjack", "Blackjack: figures 5.1 to 5.3"),
    ("gambler", "The gambler: figure 4.3"),
    ("testbed", "Ten-armed testbed: figures 2.2 to 2.6"),
    ("mountain_car", "Mountain car: figures 10.2 to 10.4"),
    ("tiles", "Other environments without tables"),
    ("optimum", "Control to the optimum"),
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
    let folder = root().join("docs/figures");
    fs::remove_dir_all(&folder).or_else(|error| if folder.exists() { Err(error) } else { Ok(()) })?;
    fs::create_dir_all(&folder)?;
    let mut page = HEAD.to_owned();
    for (module, heading) in FIGURES {
        let findings = FigureFindings::read(&said, module);
        if findings.rows.is_empty() || findings.pictures.is_empty() {
            bail!("the tests of {module} print no row or no curve");
        }
        for picture in &findings.pictures {
            fs::write(folder.join(format!("{}.svg", picture.name)), drawing::draw(picture))?;
        }
        page += &section(module, heading, &findings);
    }
    fs::write(root().join("docs/FIGURES.md"), page)?;
    println!("wrote docs/FIGURES.md and docs/figures");
    Ok(())
}

/// A figure's part of the page.
fn section(module: &str, heading: &str, findings: &FigureFindings) -> String {
    let mut text = format!("## {heading}\n\n");
    for picture in &findings.pictures {
        let _ = writeln!(text, "![{}, by {}](figures/{}.svg)\n", picture.y, picture.x, picture.name);
    }
    text += "| | ours | from | reference | tolerance |\n|---|--:|--:|--:|--:|\n";
    for FigureRow { what, found, from, reference, tolerance } in &findings.rows {
        let [found, reference] = [found, reference].map(|number| rounded(*number));
        let tolerance = match *tolerance {
            f64::INFINITY => "at least".into(),
            f64::NEG_INFINITY => "at most".into(),
            tolerance => rounded(tolerance),
        };
        let _ = writeln!(text, "| {what} | {found} | {from} | {reference} | {tolerance} |");
    }
    let command = "cargo test --release -p agents --features figures --test figures --";
    let _ = writeln!(text, "\n```sh\n{command} --show-output {module}::\n```\n");
    text
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

    #[test]
    fn what_tests_print_becomes_a_section_with_pictures() {
        let findings = FigureFindings::read(findings::OUTPUT, "cliff");
        let section = section("cliff", "Cliff walking", &findings);
        assert!(section.contains("| SARSA | -27.05 | 50 runs | -27.08 | 0.4 |"), "{section}");
        assert!(section.contains("![mean return, by episode](figures/cliff.svg)"), "{section}");
        assert!(section.ends_with("--show-output cliff::\n```\n\n"), "{section}");
    }

    #[test]
    fn every_figure_has_its_module_and_every_module_its_figure() {
        let modules = fs::read_dir(root().join("agents/tests/figures")).unwrap();
        let mut modules: Vec<_> =
            modules.map(|it| it.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
        let mut listed = FIGURES.map(|(module, _)| module.to_owned()).to_vec();
        modules.sort();
        listed.sort();
        assert_eq!(modules, listed);
    }
}
