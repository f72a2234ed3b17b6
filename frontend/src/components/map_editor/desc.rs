//! Maps that somebody wrote or pasted: Gymnasium's `desc` in its forms. A list of rows (`["SF", "FG"]`), a list of lists of
//! letters, as `NumPy` prints it, too (`[[b'S' b'F'] ...]`), and lines, with blanks or commas between the letters or without.

use crate::components::letters::{LetterBrush, Letters, MOST_SIDE};

/// Why a text is no map. Rows and columns are counted from 1, as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescFault {
    /// There is not a letter.
    Empty,
    /// A list in which a quote or a bracket is missing, or what stands between them is no row.
    List,
    /// Too many rows or columns.
    Size {
        /// The rows.
        rows: usize,
        /// The cells of the longest.
        columns: usize,
    },
    /// Rows of different lengths.
    Ragged {
        /// The row.
        row: usize,
        /// Its cells.
        cells: usize,
        /// Cells of the first row.
        expected: usize,
    },
    /// A letter that the map does not know.
    Letter {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The letter.
        letter: char,
    },
}

/// Reads a map of these letters. A dot is free floor, as in Gymnasium's older maps.
pub fn read(text: &str, brushes: &[LetterBrush], floor: char) -> Result<Letters, DescFault> {
    let is_list = text.contains(['[', '"', '\'']);
    let mut rows = if is_list { listed(text)? } else { lines(text) };
    rows.retain(|row| !row.is_empty());
    let expected = rows.first().ok_or(DescFault::Empty)?.len();
    for (index, row) in rows.iter_mut().enumerate() {
        for (place, letter) in row.iter_mut().enumerate() {
            let is_known = |letter: char| brushes.iter().any(|it| it.letter == letter);
            if *letter == '.' && !is_known('.') {
                *letter = floor;
            }
            if !is_known(*letter) {
                return Err(DescFault::Letter { row: index + 1, column: place + 1, letter: *letter });
            }
        }
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    if rows.len() > MOST_SIDE || columns > MOST_SIDE {
        return Err(DescFault::Size { rows: rows.len(), columns });
    }
    if let Some((index, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != expected) {
        return Err(DescFault::Ragged { row: index + 1, cells: row.len(), expected });
    }
    let lines: Vec<String> = rows.iter().map(|row| row.iter().collect()).collect();
    Ok(Letters::parse(&lines.join("\n"), floor))
}

fn lines(text: &str) -> Vec<Vec<char>> {
    text.lines().map(|line| line.chars().filter(|it| !it.is_whitespace() && *it != ',').collect()).collect()
}

/// The rows of a list: texts that stand in the outer brackets, and the letters within inner ones together. Lines of texts
/// may also stand without brackets.
fn listed(text: &str) -> Result<Vec<Vec<char>>, DescFault> {
    // What is before it is a name or a call, such as `desc = np.array(`.
    let text = text.find('[').filter(|at| !text[..*at].contains(['"', '\''])).map_or(text, |at| &text[at..]);
    let is_bracketed = text.starts_with('[');
    let (mut rows, mut open) = (Vec::new(), None::<Vec<char>>);
    let (mut depth, mut letters) = (0, text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '[' if depth < 2 => {
                depth += 1;
                open = (depth == 2).then(Vec::new);
            }
            ']' if depth > 0 => {
                depth -= 1;
                rows.extend(open.take());
                if depth == 0 {
                    // Behind it stands what else the call was given.
                    return Ok(rows);
                }
            }
            '"' | '\'' => {
                let row = quoted(&mut letters, letter)?;
                match &mut open {
                    Some(open) => open.extend(row),
                    None => rows.push(row),
                }
            }
            // Python's mark of bytes.
            'b' | ',' => {}
            _ if letter.is_whitespace() => {}
            _ => return Err(DescFault::List),
        }
    }
    if is_bracketed { Err(DescFault::List) } else { Ok(rows) }
}

fn quoted(letters: &mut impl Iterator<Item = char>, quote: char) -> Result<Vec<char>, DescFault> {
    let mut row = Vec::new();
    for letter in letters {
        match letter {
            _ if letter == quote => return Ok(row),
            // A text ends in its line.
            '\n' => break,
            _ if letter.is_whitespace() => {}
            _ => row.push(letter),
        }
    }
    Err(DescFault::List)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::letters::{brushes, map_of};

    fn read_for(id: &str, text: &str) -> Result<String, DescFault> {
        let parameters = environments::registry::find(id).unwrap().parameters;
        read(text, &brushes(map_of(&parameters).unwrap()), 'F').map(|map| map.text())
    }

    #[test]
    fn every_form_of_a_desc_is_the_same_map() {
        let forms = [
            "SFFF\nFHFH",
            "  SFFF\n\n  FHFH\r\n",
            "S F F F\nF H F H",
            "S,F,F,F\nF,H,F,H",
            "S...\n.H.H",
            "[\"SFFF\", \"FHFH\"]",
            "['SFFF',\n 'FHFH',\n]",
            "desc=[\"SFFF\", \"FHFH\"], map_name=\"4x4\"",
            "\"SFFF\",\n\"FHFH\",",
            "[[\"S\", \"F\", \"F\", \"F\"], [\"F\", \"H\", \"F\", \"H\"]]",
            "[[b'S' b'F' b'F' b'F']\n [b'F' b'H' b'F' b'H']]",
            "np.array([[b'S', b'F', b'F', b'F'],\n [b'F', b'H', b'F', b'H']], dtype='|S1')",
        ];
        for form in forms {
            assert_eq!(read_for("frozen-lake", form).as_deref(), Ok("SFFF\nFHFH"), "{form}");
        }
        assert_eq!(read_for("frozen-lake", &Letters::parse("SF\nFG", 'F').desc()).as_deref(), Ok("SF\nFG"));
        assert_eq!(Letters::parse("SF\nFG", 'F').desc(), "[\"SF\",\n \"FG\"]");
        assert_eq!(read_for("gridworld", "Sa#\n>vG\naFF").as_deref(), Ok("Sa#\n>vG\naFF"));
    }

    #[test]
    fn what_is_no_map_is_named_with_its_place() {
        let fault = |text: &str| read_for("frozen-lake", text).unwrap_err();
        assert_eq!(fault(" \n"), DescFault::Empty);
        assert_eq!(fault("[]"), DescFault::Empty);
        assert_eq!(fault("SFFF\nFHF"), DescFault::Ragged { row: 2, cells: 3, expected: 4 });
        assert_eq!(fault("SFFF\nFH#F"), DescFault::Letter { row: 2, column: 3, letter: '#' });
        assert_eq!(fault(&"F".repeat(65)), DescFault::Size { rows: 1, columns: 65 });
        assert_eq!(fault(&"F\n".repeat(65)), DescFault::Size { rows: 65, columns: 1 });
        for text in ["[\"SF\", \"FG\"", "[\"SF\", \"FG]", "[\"SF\", FG]", "[[[\"S\"]]]", "[\"SF\"\n; \"FG\"]"] {
            assert_eq!(fault(text), DescFault::List, "{text}");
        }
    }
}
