//! Where episodes start, as the parameter says it: the name of a state, or of several with commas between them, all alike or
//! each with its probability behind a colon.

use super::rows::field;
use super::table::scaled;
use super::{list, rows};
use shared::csv::without_blanks_before_quotes;

/// Sums of probabilities this near to 1 were rounded when they were written.
const ROUNDED: f64 = 1e-5;

/// Reads it; none where nothing is said.
///
/// # Errors
/// A state is none of these, or the probabilities are none.
pub fn read(text: &str, states: &[String]) -> Result<Option<Vec<(u32, f64)>>, String> {
    let text = text.trim();
    let place = |name: &str| states.iter().position(|state| state == name).map(|it| it as u32);
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(state) = place(text) {
        return Ok(Some(vec![(state, 1.0)]));
    }
    let mut start: Vec<(u32, Option<f64>)> = Vec::new();
    let text = without_blanks_before_quotes(text, b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        for entry in record.iter().filter(|entry| !entry.is_empty()) {
            let with_chance = || {
                let (name, chance) = entry.rsplit_once(':')?;
                Some((place(name.trim())?, Some(rows::number(chance)?)))
            };
            let unknown = || format!("there is no state {entry:?}; there are: {}", list(states));
            let (state, chance) = place(entry).map(|state| (state, None)).or_else(with_chance).ok_or_else(unknown)?;
            if let Some(chance) = chance.filter(|it| !(0.0..=1.0).contains(it)) {
                return Err(format!("the probability must be from 0 to 1, not {chance}"));
            }
            if start.iter().any(|(other, _)| *other == state) {
                return Err(format!("state {:?} stands there twice", states[state as usize]));
            }
            start.push((state, chance));
        }
    }
    if start.is_empty() {
        return Ok(None);
    }
    let chances: Vec<(u32, f64)> = start.iter().filter_map(|(state, chance)| Some((*state, (*chance)?))).collect();
    if chances.is_empty() {
        let share = 1.0 / start.len() as f64;
        return Ok(Some(start.into_iter().map(|(state, _)| (state, share)).collect()));
    }
    if chances.len() < start.len() {
        return Err("give every start state its probability, as in \"a: 0.5, b: 0.5\", or none of them".into());
    }
    let sum: f64 = chances.iter().map(|(_, chance)| chance).sum();
    if (sum - 1.0).abs() > ROUNDED {
        return Err(format!("the probabilities of the start states sum to {sum}, not to 1"));
    }
    Ok(Some(scaled(chances).into_iter().filter(|(_, chance)| *chance > 0.0).collect()))
}

/// The text that says so.
pub fn write(start: &[(String, f64)]) -> String {
    if let [(name, _)] = start {
        return name.clone();
    }
    let is_even = start.iter().all(|(_, chance)| *chance == 1.0 / start.len() as f64);
    let entry =
        |(name, chance): &(String, f64)| if is_even { field(name) } else { field(&format!("{name}: {chance}")) };
    start.iter().map(entry).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> Vec<String> {
        ["a", "b", "c, d", "e:1", "#"].map(String::from).to_vec()
    }

    #[test]
    fn one_state_or_several_are_named() {
        for (text, start) in [
            ("", None),
            (" , ", None),
            (" b ", Some(vec![(1, 1.0)])),
            ("c, d", Some(vec![(2, 1.0)])),
            ("a, b", Some(vec![(0, 0.5), (1, 0.5)])),
            ("a\nb", Some(vec![(0, 0.5), (1, 0.5)])),
            ("a: 0.25, \"c, d: 3/4\"", Some(vec![(0, 0.25), (2, 0.75)])),
            ("e:1: 0.5, \"c, d\": 0, #: 0.5", Some(vec![(3, 0.5), (4, 0.5)])),
        ] {
            assert_eq!(read(text, &states()).unwrap(), start, "{text}");
        }
    }

    #[test]
    fn what_is_no_start_is_named() {
        for (text, reason) in [
            ("a, x", "there is no state \"x\"; there are: a, b"),
            ("a, a", "state \"a\" stands there twice"),
            ("a: 2, b: 0", "the probability must be from 0 to 1, not 2"),
            ("a: 0.5, b: 0.4", "sum to 0.9, not to 1"),
            ("e:1, \"c, d\":0, a: 1", "or none of them"),
        ] {
            let told = read(text, &states()).unwrap_err();
            assert!(told.contains(reason), "{told}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let named =
            |start: &[(&str, f64)]| start.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect::<Vec<_>>();
        for start in [
            named(&[("c, d", 1.0)]),
            named(&[("a", 0.5), ("c, d", 0.5)]),
            named(&[("#", 0.1), ("e:1", 0.2), ("c, d", 0.7)]),
        ] {
            let read = read(&write(&start), &states()).unwrap().unwrap();
            let again: Vec<_> = read.into_iter().map(|(state, it)| (states()[state as usize].clone(), it)).collect();
            assert_eq!(again, start);
        }
    }
}
