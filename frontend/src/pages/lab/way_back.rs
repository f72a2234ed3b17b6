//! The offer to go back to the best moment of a run, where much has been lost since.

use super::TabRunHandle;
use crate::components::icons::{Symbol, icon};
use crate::format::{count, short};
use crate::text;
use gloo_timers::callback::Interval;
use yew::prelude::*;

/// How often it is looked whether there is something to go back to, in milliseconds. Runs are kept less often.
const LOOK_MILLIS: u32 = 1_000;

/// Whose run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct WayBackProps {
    /// The run of this tab.
    pub run: TabRunHandle,
}

/// The offer; nothing while the run does as well as ever.
#[component]
pub fn WayBack(props: &WayBackProps) -> Html {
    let lost = use_state(|| None);
    {
        let (lost, run) = (lost.clone(), props.run.clone());
        use_effect_with((), move |()| {
            let interval = Interval::new(LOOK_MILLIS, move || lost.set(run.0.lost_moment()));
            move || drop(interval)
        });
    }
    let Some(moment) = *lost else { return Html::default() };
    let go = {
        let run = props.run.clone();
        move |_: MouseEvent| run.0.go_back_to_best()
    };
    html! {
        <section class="banner" data-severity="warning" role="status" data-testid="way-back">
            <p>{ text::lost(&short(moment.mean_return), &count(moment.episode)) }</p>
            <button class="button" data-testid="back-to-best" onclick={go}>{ icon(Symbol::Back) }{ text::BACK_TO_BEST }</button>
        </section>
    }
}
