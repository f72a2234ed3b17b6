//! What a lesson has borrowed of the Lab, to be given back when it is left.

use crate::services::share::ShareLink;
use crate::services::storage::KeptRun;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The run of a lesson, and what it took the place of.
#[derive(Default)]
pub(super) struct LessonSwap {
    /// Whether a lesson's run is on show.
    pub(super) is_on: Cell<bool>,
    /// The run that it took the place of, if there was one.
    pub(super) before: RefCell<Option<Rc<KeptRun>>>,
    /// The run that it began last.
    pub(super) begun: RefCell<Option<ShareLink>>,
}
