//! Rows as a table for people: a column a field, words before numbers; a table for every run of rows with the same fields.

use super::{BenchRow, targets};
use serde_json::Value;
use std::fmt::Write as _;

/// Renders rows. A row with `value` or `ratio` and `at_least` or `at_most` says whether it reaches that.
pub(super) fn render(rows: &[BenchRow]) -> String {
    let mut text = String::new();
    for same in rows.chunk_by(|a, b| a.keys().eq(b.keys())) {
        render_lines(&mut text, &lines(same));
    }
    text
}

/// The same tables in Markdown.
pub(super) fn markdown(rows: &[BenchRow]) -> String {
    let mut text = String::new();
    for same in rows.chunk_by(|a, b| a.keys().eq(b.keys())) {
        for (index, line) in lines(same).iter().enumerate() {
            let _ = writeln!(text, "| {} |", line.join(" | "));
            if index == 0 {
                let is_number = |it: &&String| same[0].get(*it).is_some_and(Value::is_number);
                let rules = line.iter().map(|it| if is_number(&it) { "--:" } else { "---" });
                let _ = writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"));
            }
        }
        text.push('\n');
    }
    text
}

/// Names, then what stands under them in every row.
fn lines(same: &[BenchRow]) -> Vec<Vec<String>> {
    let mut names: Vec<_> = same[0].keys().cloned().collect();
    names.sort_by_key(|name| (!same[0][name].is_string(), name != "name"));
    let cells = |row: &BenchRow| names.iter().map(|name| show(&row[name])).collect();
    let mut lines: Vec<Vec<_>> = same.iter().map(cells).collect();
    lines.insert(0, names);
    if same.iter().any(|row| verdict(row).is_some()) {
        lines[0].push("verdict".into());
        for (line, row) in lines.iter_mut().skip(1).zip(same) {
            line.push(verdict(row).unwrap_or_default().into());
        }
    }
    lines
}

fn render_lines(text: &mut String, lines: &[Vec<String>]) {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..lines[0].len()).map(width).collect();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| {
            if cell.starts_with(|it: char| it.is_ascii_digit()) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text.push('\n');
}

fn verdict(row: &BenchRow) -> Option<&'static str> {
    targets::is_reached(row).map(|reached| if reached { "reached" } else { "MISSED" })
}

/// Large numbers in groups of three digits, small ones with three decimals at most.
fn show(value: &Value) -> String {
    match (value, value.as_f64()) {
        (Value::String(words), _) => words.clone(),
        (Value::Null, _) => String::new(),
        (Value::Number(_), Some(number)) if number.abs() >= 1000.0 => group(number),
        (Value::Number(number), _) if number.is_u64() || number.is_i64() => number.to_string(),
        (Value::Number(_), Some(number)) => {
            format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_string(),
    }
}

fn group(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    if number < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(value: &Value) -> BenchRow {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn rows_of_a_kind_share_a_table_and_targets_get_a_verdict() {
        let text = render(&[
            row(&json!({"name": "tab", "steps_per_second": 123_456_789.4})),
            row(&json!({"name": "native", "steps_per_second": 15.5})),
            row(&json!({"name": "ratio", "value": 0.75, "at_least": 0.7})),
            row(&json!({"name": "other ratio", "value": 0.5, "at_least": 0.7})),
        ]);
        let expected = "\
name    steps_per_second
tab          123 456 789
native              15.5

name         at_least  value  verdict
ratio             0.7   0.75  reached
other ratio       0.7    0.5  MISSED

";
        assert_eq!(text, expected);
    }
}
