//! What an environment's module says of it at its top, as data: the one description of its rules.

use serde::Serialize;

/// One point of the rules, such as what is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvironmentRule {
    /// What it is about, e.g. `Rewards`.
    pub about: String,
    /// What holds.
    pub text: String,
}

/// The points that stand in the documentation at the top of a module: lines that begin with `* **About**`, and what follows
/// each up to the next or an empty line.
pub(crate) fn of_module(source: &str) -> Vec<EnvironmentRule> {
    let mut rules: Vec<EnvironmentRule> = Vec::new();
    let mut open = false;
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.trim().replace("[`", "").replace("`]", "").replace('`', "");
        if let Some((about, text)) = line.strip_prefix("* **").and_then(|it| it.split_once("**")) {
            let text = text.trim_start_matches([':', ' ']).to_owned();
            rules.push(EnvironmentRule { about: about.to_owned(), text });
            open = true;
        } else if line.is_empty() {
            open = false;
        } else if let Some(rule) = rules.last_mut().filter(|_| open) {
            rule.text.push(' ');
            rule.text.push_str(&line);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_over_several_lines() {
        let source = "//! A maze.\n//!\n//! * **Start**: the cell `S`;\n//!   else any.\n//! * **Actions** (2): left, see [`x`].\n//!\n//! Source: a book.\nuse x;";
        let rule = |about: &str, text: &str| EnvironmentRule { about: about.into(), text: text.into() };
        assert_eq!(of_module(source), [rule("Start", "the cell S; else any."), rule("Actions", "(2): left, see x.")]);
    }

    #[test]
    fn every_environment_says_what_it_pays_and_how_it_ends() {
        for entry in crate::registry::catalog() {
            let rules = crate::registry::rules(&entry.id);
            assert!(rules.iter().all(|it| !it.text.contains("**")), "{rules:?}");
            for about in ["Rewards", "Start", "Episode end"] {
                let found = rules.iter().any(|it| it.about == about && it.text.ends_with(['.', ')']));
                assert!(found, "{} does not say its {about:?}: {rules:?}", entry.id);
            }
        }
    }
}
