//! A map on its way: what was drawn, step by step.

use super::desc::{self, DescFault};
use super::sheet::MapSheet;
use crate::components::edit_history::{EditHistory, StrokeId, TYPING};
use crate::components::letters::Letters;
use std::rc::Rc;
use yew::Reducible;

/// What can be done to a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapAct {
    /// Draws a letter into a cell.
    Draw((usize, usize), char, StrokeId),
    /// Fills with a letter from a cell on.
    Fill((usize, usize), char),
    /// Swaps left and right.
    Mirror,
    /// Turns it upside down.
    Flip,
    /// Makes it so many columns and rows.
    Resize(usize, usize),
    /// Takes another map.
    Replace(Letters),
    /// Somebody writes this as the map.
    Write(String),
    /// What was written is complete.
    Written,
    /// Takes the last step back.
    Undo,
    /// Makes it again.
    Redo,
}

/// A map that is drawn or written.
#[derive(Clone, Debug, PartialEq)]
pub struct MapDraft {
    sheet: Rc<MapSheet>,
    /// The map, step by step.
    pub history: EditHistory<Letters>,
    /// What was written, until it is complete.
    pub written: Option<String>,
    /// Why that is no map.
    pub fault: Option<DescFault>,
}

impl MapDraft {
    /// Begins with a map.
    pub fn new(sheet: Rc<MapSheet>, map: &str) -> Self {
        let map = Letters::parse(map, sheet.floor);
        Self { sheet, history: EditHistory::new(map), written: None, fault: None }
    }
}

impl Reducible for MapDraft {
    type Action = MapAct;

    fn reduce(self: Rc<Self>, act: MapAct) -> Rc<Self> {
        let mut draft = Self { written: None, fault: None, ..(*self).clone() };
        let mut map = draft.history.present().clone();
        match act {
            MapAct::Draw((column, row), letter, stroke) => {
                map.draw(column, row, letter);
                draft.history.change(map, Some(stroke));
            }
            MapAct::Fill((column, row), letter) => {
                map.fill(column, row, letter);
                draft.history.change(map, None);
            }
            MapAct::Mirror => {
                map.mirror();
                draft.history.change(map, None);
            }
            MapAct::Flip => {
                map.flip();
                draft.history.change(map, None);
            }
            MapAct::Resize(columns, rows) => {
                map.resize(columns, rows, draft.sheet.floor);
                draft.history.change(map, None);
            }
            MapAct::Replace(next) => draft.history.change(next, None),
            MapAct::Write(text) => {
                match desc::read(&text, &draft.sheet.brushes, draft.sheet.floor) {
                    Ok(next) => draft.history.change(next, Some(TYPING)),
                    Err(fault) => draft.fault = Some(fault),
                }
                draft.written = Some(text);
            }
            MapAct::Written => {
                // What cannot be read stays where it was written.
                draft.fault = self.fault;
                draft.written = self.written.clone().filter(|_| self.fault.is_some());
                draft.history.end_stroke();
            }
            MapAct::Undo => draft.history.undo(),
            MapAct::Redo => draft.history.redo(),
        }
        Rc::new(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;
    use shared::spec::EnvironmentSpec;

    fn draft() -> Rc<MapDraft> {
        let environment = EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() };
        Rc::new(MapDraft::new(Rc::new(MapSheet::of(&environment).unwrap()), "SFF\nFFG"))
    }

    fn after(draft: Rc<MapDraft>, acts: &[MapAct]) -> Rc<MapDraft> {
        acts.iter().cloned().fold(draft, Reducible::reduce)
    }

    fn text(draft: &MapDraft) -> String {
        draft.history.present().text()
    }

    #[test]
    fn a_stroke_is_one_step_back_and_forth() {
        let draw = |column, stroke| MapAct::Draw((column, 1), 'H', stroke);
        let drawn = after(draft(), &[draw(0, 1), draw(1, 1), draw(1, 1), draw(2, 2)]);
        assert_eq!(text(&drawn), "SFF\nHHH");
        let once = after(drawn, &[MapAct::Undo]);
        assert_eq!(text(&once), "SFF\nHHG");
        let back = after(once, &[MapAct::Undo, MapAct::Undo]);
        assert_eq!((text(&back).as_str(), back.history.has_past()), ("SFF\nFFG", false));
        let again = after(back, &[MapAct::Redo]);
        assert_eq!((text(&again).as_str(), again.history.has_future()), ("SFF\nHHG", true));
        // The same pointer goes on after a step back: what follows is a step of its own, and there is no way forward.
        let on = after(again, &[draw(0, 3), MapAct::Mirror, MapAct::Fill((1, 0), 'M')]);
        assert!(!on.history.has_future());
        assert_eq!(text(&after(on.clone(), &[MapAct::Undo, MapAct::Undo])), "SFF\nHHG");
        assert_eq!(text(&on), "MMS\nGHH");
    }

    #[test]
    fn a_text_is_the_map_as_soon_as_it_can_be_read_and_stays_until_then() {
        let write = |text: &str| MapAct::Write(text.into());
        let faulty = after(draft(), &[write("SG"), write("SGx"), MapAct::Written]);
        assert_eq!(text(&faulty), "SG");
        assert_eq!(faulty.written.as_deref(), Some("SGx"));
        assert_eq!(faulty.fault, Some(DescFault::Letter { row: 1, column: 3, letter: 'x' }));
        let whole = after(faulty, &[write("SGF"), write("SGFF"), MapAct::Written]);
        assert_eq!((text(&whole).as_str(), &whole.written, whole.fault), ("SGFF", &None, None));
        // Drawing leaves a text that cannot be read behind.
        let drawn = after(whole, &[write("?"), MapAct::Flip, MapAct::Resize(2, 1)]);
        assert_eq!((text(&drawn).as_str(), &drawn.written, drawn.fault), ("SG", &None, None));
    }
}
