//! Texts of the guide of a first visit.

use super::Text;

/// Nothing has ended yet.
pub const GUIDE_SEARCHING: Text =
    Text("The creature knows nothing yet and steps by chance. Hatched cells were never visited.");
/// No episode has reached the goal.
pub const GUIDE_FAILING: Text =
    Text("Episodes end in a pit or run out of steps. Each leaves numbers in the cells that it came by.");
/// One has.
pub const GUIDE_FOUND: Text = Text("It has found the plant. From there the values spread backwards, cell by cell.");
/// The greedy policy is a best one.
pub const GUIDE_LEARNED: Text =
    Text("From the start it now takes a best way: Regret 0.00. Cells that it rarely visits may still be wrong.");
/// Leads on.
pub const GUIDE_TO_LEARN: Text = Text("Learn how");
/// Button.
pub const GUIDE_CLOSE: Text = Text("No more of these sentences");

/// A count out of all.
pub fn of_all(some: u32, all: u32) -> String {
    format!("{some} / {all}")
}
