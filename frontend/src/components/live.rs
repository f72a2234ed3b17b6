//! The live region: what a run does, in words, now and then, for people who listen.

use crate::format::{count, fixed};
use crate::session::Session;
use crate::text;
use gloo_timers::callback::Interval;
use yew::prelude::*;

/// How often a running run is spoken of, in milliseconds.
const SPEAK_MILLIS: u32 = 6_000;

/// Which run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LiveProps {
    /// The run.
    pub session: Session,
}

/// Words that screen readers speak as they change.
#[component]
pub fn Live(props: &LiveProps) -> Html {
    let words = use_state(String::new);
    {
        let words = words.clone();
        use_effect_with(props.session.clone(), move |session| {
            let session = session.clone();
            let interval = Interval::new(SPEAK_MILLIS, move || words.set(sentence(&session)));
            move || drop(interval)
        });
    }
    html! { <p class="unseen" role="status" aria-live="polite" data-testid="live">{ (*words).clone() }</p> }
}

fn sentence(session: &Session) -> String {
    let view = session.view();
    let status = view.standing();
    let last = status.last_return.map(|value| fixed(value, 1));
    text::spoken(status.phase, &count(status.episode), last.as_deref())
}
