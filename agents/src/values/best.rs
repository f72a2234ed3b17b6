//! The best actions of every state, kept beside a table of values: who asks for them need not look through a row.
//!
//! A row is looked through again only when its best may be others than before: when the only best falls to where the next
//! was, when another rises to it, when a tie breaks. On a slippery lake that is one learning step in a hundred, so a
//! processor foresees that it is not, and chooses the next action without waiting for the value that is being learned.

use crate::exploration::action_selection;
use environments::ActionMask;

/// Tables of more states go without: in memory as slow as they need, looking costs little beside fetching.
const MOST_STATES: usize = 1 << 20;

/// What is known of one state.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BestOfState {
    /// All actions of the greatest value.
    actions: ActionMask,
    /// That value.
    value: f64,
    /// Where one action alone is best: no other's value is above this.
    others: f64,
    /// The action that alone is best, so that who chooses it need not find its place in the set; or [`NONE`].
    only: u16,
}

/// More than any action.
const NONE: u16 = u16::MAX;

impl BestOfState {
    fn of(row: &[f64]) -> Self {
        let all = ActionMask::all(row.len());
        let actions = action_selection::best_actions(row, all);
        let others = action_selection::max_value(row, ActionMask(all.0 & !actions.0));
        let first = actions.0.trailing_zeros() as u16;
        let only = if actions.count() == 1 { first } else { NONE };
        Self { actions, value: row[usize::from(first)], others, only }
    }

    /// Whether the best are the same once an action's value is this one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn stands(&mut self, action: u16, value: f64) -> bool {
        if self.only == action {
            self.value = value;
            return value > self.others;
        }
        if self.actions.allows(action) {
            return value == self.value;
        }
        self.others = if value > self.others { value } else { self.others };
        value < self.value
    }
}

/// The best actions of every state, or of none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BestActions(Vec<BestOfState>);

impl BestActions {
    /// Those of a table, flat as `[states][actions]`; none of one that is too large.
    pub fn of(values: &[f64], actions: usize) -> Self {
        let fits = values.len() <= MOST_STATES * actions;
        Self(values.chunks_exact(actions).filter(|_| fits).map(BestOfState::of).collect())
    }

    /// Whether it knows nothing.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The legal actions of the greatest value and that value; nothing where the row must be looked through.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn get(&self, state: usize, legal: ActionMask) -> Option<(ActionMask, f64)> {
        // Where some of the best of all are legal, they are the best of the legal.
        let best = self.0.get(state)?;
        let actions = ActionMask(best.actions.0 & legal.0);
        (actions.0 != 0).then_some((actions, best.value))
    }

    /// The action that alone is best of all, where it is legal.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn only(&self, state: usize, legal: ActionMask) -> Option<u16> {
        let best = self.0.get(state)?;
        (best.only != NONE && best.actions.0 & legal.0 != 0).then_some(best.only)
    }

    /// Whether it still holds once an action's value is this one; if not, it must [`Self::look`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn stands(&mut self, state: usize, action: u16, value: f64) -> bool {
        self.0.get_mut(state).is_none_or(|best| best.stands(action, value))
    }

    /// Looks through the row of a state.
    pub fn look(&mut self, state: usize, row: &[f64]) {
        if let Some(best) = self.0.get_mut(state) {
            *best = BestOfState::of(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::action_selection::Ties;
    use crate::values::table::QTable;
    use proptest::prelude::*;

    const STATES: usize = 2;

    /// Values of which many are equal, some as close as numbers can be, and some that a table refuses.
    fn value() -> impl Strategy<Value = f64> {
        let few = (-2_i32..3).prop_map(f64::from);
        let close = (0_u64..3).prop_map(|steps| f64::from_bits(1.0_f64.to_bits() + steps));
        let wild = prop::sample::select(vec![f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
        prop_oneof![4 => few, 2 => close, 1 => wild]
    }

    fn check(table: &QTable) {
        for state in 0..STATES {
            let row = table.row(state);
            for legal in (1..=ActionMask::all(table.actions()).0.min(255)).map(ActionMask) {
                assert_eq!(
                    table.best_actions(state, legal),
                    action_selection::best_actions(row, legal),
                    "{row:?} {legal}"
                );
                assert_eq!(table.best_value(state, legal), action_selection::max_value(row, legal), "{row:?} {legal}");
                for (ties, bits) in [(Ties::First, 0), (Ties::Random, 0), (Ties::Random, u32::MAX)] {
                    let greedy = action_selection::one_of(action_selection::best_actions(row, legal), ties, bits);
                    assert_eq!(table.greedy(state, legal, ties, bits), greedy, "{row:?} {legal}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_at_hand_is_what_the_row_says(
            actions in prop::sample::select(vec![1_usize, 2, 3, 4, 6, 64]),
            changes in prop::collection::vec((0..STATES, 0_usize..64, value(), 0_u8..8), 1..60),
        ) {
            let mut table = QTable::new(STATES, actions, -0.0);
            table.remember_best();
            let blank = table.clone();
            for (state, action, value, way) in changes {
                let (action, before) = ((action % actions) as u16, table.clone());
                let outcome = match way {
                    0 => table.nudge(table.pair(state, action), value),
                    1 => table.learn(state, action, 0.5, value),
                    2 => {
                        // Saved, edited by hand and loaded.
                        let mut saved = shared::checkpoint::AgentState::default();
                        table.save(&mut saved);
                        let mut values = saved.numbers["q"].to_vec();
                        values[table.pair(state, action)] = value;
                        saved.numbers.insert("q".into(), values.into());
                        table.load(&saved).map(|loaded| table = loaded).ok();
                        Ok(())
                    }
                    3 if value == 2.0 => {
                        table.copy_from(&blank);
                        Ok(())
                    }
                    _ => table.set(state, action, value),
                };
                if outcome.is_err() {
                    prop_assert_eq!(&table, &before);
                }
                check(&table);
            }
        }
    }

    #[test]
    fn tables_too_large_to_remember_look_through_their_rows() {
        let mut table = QTable::new(MOST_STATES + 1, 2, 0.0);
        table.remember_best();
        table.set(MOST_STATES, 1, 3.0).unwrap();
        assert!(BestActions::of(table.values(), 2).is_empty());
        assert_eq!(table.best_actions(MOST_STATES, ActionMask::all(2)), ActionMask(0b10));
        assert_eq!(table.best_value(MOST_STATES, ActionMask::all(2)), 3.0);
    }
}
