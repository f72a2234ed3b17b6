//! What places have in common that show what a relay has, and are no part of the page's own program.

use super::connection::{CONNECTION, LIVE_RUNS, connection, live_runs};
use super::relay::{KnownRelay, RelayNotice, WatchedRelay};
use super::relay_form::{RelayForm, TOKEN_FIELD, TokenForm};
use crate::components::messages::Messages;
use crate::kept_focus::use_kept_focus;
use crate::language::Text;
use crate::services::relay_link::ConnectionState;
use crate::text;
use yew::prelude::*;

/// The page's line to the relay while this place is open, and what is known of it. `tells` is what people are told here.
#[hook]
pub fn use_relay(messages: &Messages, tells: fn(&RelayNotice) -> bool) -> (WatchedRelay, KnownRelay) {
    let known = use_reducer(KnownRelay::default);
    use_kept_focus(known.connection.clone(), &[TOKEN_FIELD]);
    let relay = {
        let (news, messages) = (known.dispatcher(), messages.clone());
        use_memo((), move |()| {
            let tell = Callback::from(move |notice: RelayNotice| {
                if tells(&notice) {
                    let (severity, words) = notice.into_words();
                    messages.tell(severity, words);
                }
            });
            let relay = WatchedRelay::new(news, tell);
            relay.seek();
            relay
        })
    };
    ((*relay).clone(), (*known).clone())
}

/// What is told where logs of runs are read but not shown: their warnings stand on their own pages.
pub const fn beside_runs(notice: &RelayNotice) -> bool {
    matches!(notice, RelayNotice::TokenOpensNoMore(_) | RelayNotice::Alert(_))
}

/// How the relay is, in the page's head.
pub fn relay_in_head(known: &KnownRelay) -> Html {
    let at = |id: &str, shown: Html| {
        let host = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
        host.map_or_else(Html::default, |host| create_portal(shown, host))
    };
    html! { <>{ at(CONNECTION, connection(known)) }{ at(LIVE_RUNS, live_runs(known)) }</> }
}

/// What stands in a place as long as its relay says nothing: why, and what can be done. `nowhere` is said where no relay is known, and
/// `waiting` while it is awaited.
pub fn before_the_relay_tells(
    relay: &WatchedRelay,
    known: &KnownRelay,
    nowhere: impl FnOnce() -> Html,
    waiting: Text,
) -> Option<Html> {
    if let Some(ConnectionState::Refused { message, wants_token }) = &known.connection {
        let again = relay.clone();
        return Some(html! {
            <>
                <div class="banner" data-severity="error">
                    <p role="alert" data-testid="relay-refused">{ text::relay_refused(message) }</p>
                    if !wants_token {
                        <button class="button" data-testid="try-again" onclick={move |_: MouseEvent| again.retry_now()}>{ text::TRY_AGAIN }</button>
                    }
                </div>
                if *wants_token { <TokenForm relay={relay.clone()} /> }
            </>
        });
    }
    if known.sought && known.address.is_none() {
        return Some(html! { <div class="relay-forms"><RelayForm relay={relay.clone()} />{ nowhere() }</div> });
    }
    known
        .runs
        .is_none()
        .then(|| html! { <section class="card host waiting" aria-busy="true" aria-label={waiting}></section> })
}
