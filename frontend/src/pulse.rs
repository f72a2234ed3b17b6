//! Pulse: what a component takes from a run, at most ten times a second.

use crate::session::Session;
use crate::store::RunView;
use gloo_timers::callback::Interval;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// How often texts follow the run, in milliseconds.
const PULSE_MILLIS: u32 = 100;

/// What `take` makes of the run; the component is drawn anew when that changes, at most ten times a second.
#[hook]
pub fn use_pulse<T: PartialEq + Clone + 'static>(session: &Session, take: fn(&RunView) -> T) -> T {
    let update = use_force_update();
    let shown: Rc<RefCell<T>> = use_mut_ref(|| take(&session.view()));
    let now = take(&session.view());
    *shown.borrow_mut() = now.clone();
    use_effect_with(session.clone(), move |session| {
        let session = session.clone();
        let mut revision = None;
        let interval = Interval::new(PULSE_MILLIS, move || {
            let newest = session.view().revision;
            if revision.replace(newest) != Some(newest) && take(&session.view()) != *shown.borrow() {
                update.force_update();
            }
        });
        move || drop(interval)
    });
    now
}
