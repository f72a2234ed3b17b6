//! The guide of a first visit: one sentence on the stage that changes with the phase of learning.

use super::opening::first_spec;
use crate::components::icons::{Symbol, icon};
use crate::language::Text;
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::store::RunView;
use crate::text;
use shared::event::Phase;
use yew::prelude::*;

/// Under this it is kept that somebody was guided.
const KEPT: &str = "terrarium.guided";

/// What a first visit sees, in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum GuideStage {
    /// Steps by chance.
    #[default]
    Searching,
    /// Some episodes are over.
    Failing,
    /// One episode has reached the goal.
    Found,
    /// The greedy policy is a best one from the start.
    Learned,
}

impl GuideStage {
    const fn words(self) -> Text {
        match self {
            Self::Searching => text::GUIDE_SEARCHING,
            Self::Failing => text::GUIDE_FAILING,
            Self::Found => text::GUIDE_FOUND,
            Self::Learned => text::GUIDE_LEARNED,
        }
    }
}

/// Whose run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct GuideProps {
    /// The run.
    pub session: Session,
}

/// The sentence; nothing once somebody has closed it, and nothing of other runs than the first visit's.
#[component]
pub fn Guide(props: &GuideProps) -> Html {
    let is_over = use_state(|| local_storage().and_then(|it| it.get_item(KEPT).ok().flatten()).is_some());
    let stage = use_pulse(&props.session, stage_of);
    let furthest = use_mut_ref(GuideStage::default);
    let Some(stage) = stage.filter(|_| !*is_over) else { return Html::default() };
    // While it explores, what it has learned may be lost for a moment; a sentence that goes back would confuse.
    let stage = stage.max(*furthest.borrow());
    *furthest.borrow_mut() = stage;
    let close = {
        let is_over = is_over.clone();
        move |_: MouseEvent| {
            if let Some(storage) = local_storage() {
                // Without storage it is over until the page is loaded again.
                let _ = storage.set_item(KEPT, "yes");
            }
            is_over.set(true);
        }
    };
    html! {
        <div class="case-note guide" data-testid="guide" data-value={format!("{stage:?}")}>
            <span role="status">{ stage.words() }</span>
            if stage == GuideStage::Learned { <a href={Route::Learn.address()}>{ text::GUIDE_TO_LEARN }</a> }
            <button class="close" aria-label={text::GUIDE_CLOSE} title={text::GUIDE_CLOSE} data-testid="guide-close" onclick={close}>{ icon(Symbol::Close) }</button>
        </div>
    }
}

fn stage_of(view: &RunView) -> Option<GuideStage> {
    let started = view.started.as_ref()?;
    if started.spec != first_spec() || view.status.phase == Phase::Ended {
        return None;
    }
    let found = view.episodes.bins().iter().any(|bin| bin.episodic_return.max > 0.0);
    Some(match view.status.regret {
        Some(regret) if regret <= 0.0 => GuideStage::Learned,
        _ if found => GuideStage::Found,
        _ if view.status.episode > 0 => GuideStage::Failing,
        _ => GuideStage::Searching,
    })
}

fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
