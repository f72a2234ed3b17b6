//! Maps as letters: which letters a map parameter knows, and maps as grids of them.

use shared::parameter::{MapLetter, ParameterSpec, Parameters, Value, settle};
use shared::scene::Tile;

/// Most cells in a row or column of an edited map.
pub const MOST_SIDE: usize = 64;

/// A letter that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterBrush {
    /// The letter.
    pub letter: char,
    /// What it means.
    pub name: String,
    /// How it looks.
    pub tile: Tile,
}

/// The parameter that holds a map, if there is one.
pub fn map_of(parameters: &[ParameterSpec]) -> Option<&ParameterSpec> {
    parameters.iter().find(|spec| !spec.legend.is_empty())
}

/// What can be drawn on it.
pub fn brushes(map: &ParameterSpec) -> Vec<LetterBrush> {
    let brush =
        |it: &MapLetter| Some(LetterBrush { letter: it.letter.chars().next()?, name: it.name.clone(), tile: it.tile });
    map.legend.iter().filter_map(brush).collect()
}

/// These values with an edited map put to use: with it, and with what it needs to have an effect, such as the choice of an
/// own one.
pub fn put_to_use(parameters: &[ParameterSpec], values: &Parameters, map: &ParameterSpec, text: String) -> Parameters {
    let drawn = Parameters::from([(map.name.clone(), Value::Text(text))]);
    let mut values = values.clone();
    values.extend(settle(parameters, &values, &drawn).unwrap_or(drawn));
    values
}

/// A map as a grid of letters, all rows equally long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    rows: Vec<Vec<char>>,
}

impl Letters {
    /// Reads a map; short rows are filled with `floor`.
    pub fn parse(text: &str, floor: char) -> Self {
        let mut rows: Vec<Vec<char>> = text.lines().map(|line| line.trim().chars().collect()).collect();
        rows.retain(|row| !row.is_empty());
        if rows.is_empty() {
            rows.push(vec![floor]);
        }
        let columns = rows.iter().map(Vec::len).max().unwrap_or(1);
        for row in &mut rows {
            row.resize(columns, floor);
        }
        Self { rows }
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.rows[0].len(), self.rows.len())
    }

    /// The letters, row by row.
    pub fn cells(&self) -> impl Iterator<Item = char> {
        self.rows.iter().flatten().copied()
    }

    /// Draws a letter into a cell; outside of the map nothing happens.
    pub fn draw(&mut self, column: usize, row: usize, letter: char) {
        if let Some(cell) = self.rows.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell = letter;
        }
    }

    /// Makes it so many columns and rows, 1 to [`MOST_SIDE`], new ones of `floor`.
    pub fn resize(&mut self, columns: usize, rows: usize, floor: char) {
        let (columns, rows) = (columns.clamp(1, MOST_SIDE), rows.clamp(1, MOST_SIDE));
        for row in &mut self.rows {
            row.resize(columns, floor);
        }
        self.rows.resize(rows, vec![floor; columns]);
    }

    /// Fills the cell and all that look like it and hang together with it, side by side; outside of the map nothing happens.
    pub fn fill(&mut self, column: usize, row: usize, letter: char) {
        let Some(from) = self.letter(column, row).filter(|it| *it != letter) else { return };
        let mut open = vec![(column, row)];
        while let Some((column, row)) = open.pop() {
            if self.letter(column, row) != Some(from) {
                continue;
            }
            self.rows[row][column] = letter;
            open.extend([(column + 1, row), (column, row + 1)]);
            open.extend(column.checked_sub(1).map(|column| (column, row)));
            open.extend(row.checked_sub(1).map(|row| (column, row)));
        }
    }

    /// Swaps left and right, and with them the cells that can be left only in one of these directions.
    pub fn mirror(&mut self) {
        for row in &mut self.rows {
            row.reverse();
        }
        self.swap('<', '>');
    }

    /// Turns it upside down in the same way.
    pub fn flip(&mut self) {
        self.rows.reverse();
        self.swap('^', 'v');
    }

    fn swap(&mut self, one: char, other: char) {
        for cell in self.rows.iter_mut().flatten() {
            *cell = if *cell == one {
                other
            } else if *cell == other {
                one
            } else {
                *cell
            };
        }
    }

    fn letter(&self, column: usize, row: usize) -> Option<char> {
        self.rows.get(row)?.get(column).copied()
    }

    /// The map as Gymnasium takes it, its `desc`: a list of rows, one a line.
    pub fn desc(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| format!("\"{}\"", row.iter().collect::<String>())).collect();
        format!("[{}]", rows.join(",\n "))
    }

    /// The map as text.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect()).collect();
        rows.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_of_a_map_names_its_brushes() {
        let entry = environments::registry::find("gridworld").unwrap();
        let spec = map_of(&entry.parameters).unwrap();
        let brushes = brushes(spec);
        assert_eq!(spec.name, "map");
        let letters: String = brushes.iter().map(|brush| brush.letter).collect();
        assert!(letters.starts_with("SFGHM#^v<>"), "{letters}");
        assert_eq!(brushes[3], LetterBrush { letter: 'H', name: "pit".into(), tile: Tile::Pit });
        assert!(brushes.iter().any(|brush| brush.tile == Tile::Teleport));
    }

    #[test]
    fn maps_are_drawn_and_resized() {
        let mut map = Letters::parse("SF\nFG", 'F');
        map.draw(1, 0, 'H');
        map.draw(9, 9, 'H');
        map.resize(3, 1, 'F');
        assert_eq!(map.text(), "SHF");
        map.resize(2, 3, '#');
        assert_eq!(map.text(), "SH\n##\n##");
        assert_eq!(Letters::parse("", 'F').size(), (1, 1));
        assert_eq!(Letters::parse("SFF\nG", 'F').text(), "SFF\nGFF");
    }

    #[test]
    fn a_fill_takes_what_hangs_together_side_by_side() {
        let mut map = Letters::parse("FFHF\nFHFF\nHFFF", 'F');
        map.fill(0, 0, 'M');
        assert_eq!(map.text(), "MMHF\nMHFF\nHFFF");
        map.fill(3, 2, 'H');
        assert_eq!(map.text(), "MMHH\nMHHH\nHHHH");
        map.fill(3, 2, 'H');
        map.fill(4, 2, 'S');
        assert_eq!(map.text(), "MMHH\nMHHH\nHHHH");
    }

    #[test]
    fn what_is_mirrored_leads_the_other_way() {
        let mut map = Letters::parse("SF<\nv#G", 'F');
        map.mirror();
        assert_eq!(map.text(), ">FS\nG#v");
        map.flip();
        assert_eq!(map.text(), "G#^\n>FS");
        map.flip();
        map.mirror();
        assert_eq!(map.text(), "SF<\nv#G");
    }

    #[test]
    fn an_own_map_is_chosen_when_it_is_drawn() {
        let choice = ParameterSpec::choice("map", "Map", &[("4x4", "4x4"), ("own", "own")], "");
        let map = ParameterSpec::text("own_map", "Own map", 99, true, "", "");
        let map = map.implies("map", Value::Text("own".into()));
        let values = put_to_use(&[choice, map.clone()], &Parameters::new(), &map, "S".into());
        assert_eq!(values["map"], Value::Text("own".into()));
        assert_eq!(values["own_map"], Value::Text("S".into()));
        // A drawn map takes the place of an open field.
        let gridworld = environments::registry::find("gridworld").unwrap().parameters;
        let map = map_of(&gridworld).unwrap();
        let open = Parameters::from([("open_field".to_owned(), Value::Integer(9))]);
        assert_eq!(put_to_use(&gridworld, &open, map, "SG".into())["open_field"], Value::Integer(0));
    }
}
