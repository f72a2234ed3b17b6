//! The page's relay: one line, its runs, and a session for every run that is looked at.

use super::alerts;
use crate::pending::AnswerCallback;
use crate::services::relay_address::{FoundRelay, PageRelayAddress, find};
use crate::services::relay_link::{ConnectionState, RelayLink};
use crate::session::{Backend, Session};
use crate::store::HostStanding;
use crate::text;
use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use shared::command::Answer;
use shared::event::Severity;
use shared::message::{ErrorCode, From, Role, RunSummary, update_runs};
use shared::{Command, Epoch, RunId, ServerMessage};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What the page knows of its relay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownRelay {
    /// Where it is; none while nobody said.
    pub address: Option<PageRelayAddress>,
    /// Whether it serves this page.
    pub beside: bool,
    /// Whether it was looked for.
    pub sought: bool,
    /// How the line is.
    pub connection: Option<ConnectionState>,
    /// Its runs, once it told.
    pub runs: Option<Vec<RunSummary>>,
    /// Whether it is still telling them.
    pub more_come: bool,
}

impl KnownRelay {
    /// Whether it has told its runs, and this one, or this epoch of it, is not among them.
    pub fn lacks(&self, run: &RunId, epoch: Option<Epoch>) -> bool {
        let has = |it: &RunSummary| {
            it.run == *run
                && epoch.is_none_or(|epoch| it.epoch == epoch || it.earlier.iter().any(|it| it.epoch == epoch))
        };
        !self.more_come && self.runs.as_ref().is_some_and(|runs| !runs.iter().any(has))
    }
}

/// News of the relay.
#[derive(Clone, Debug)]
pub enum RelayNews {
    /// Where it is, and whether it serves this page.
    Address(Option<PageRelayAddress>, bool),
    /// How the line is.
    Connection(ConnectionState),
    /// Its runs, and whether more of them come.
    Runs(Vec<RunSummary>, bool),
}

impl Reducible for KnownRelay {
    type Action = RelayNews;

    fn reduce(self: Rc<Self>, news: RelayNews) -> Rc<Self> {
        let mut known = (*self).clone();
        match news {
            RelayNews::Address(address, beside) => known = Self { address, beside, sought: true, ..Self::default() },
            RelayNews::Connection(connection) => known.connection = Some(connection),
            RelayNews::Runs(runs, more_come) => (known.runs, known.more_come) = (Some(runs), more_come),
        }
        known.into()
    }
}

/// What people are to be told of a relay, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayNotice {
    /// A rule on a run began to fire.
    Alert(String),
    /// Something in the log of a run that is on show.
    OfRun(Severity, String),
    /// The relay refuses something of this line.
    OfLine(String),
    /// A token opens no more than what was open before.
    TokenOpensNoMore(String),
}

impl RelayNotice {
    /// How severe it is, and what it says.
    pub fn into_words(self) -> (Severity, String) {
        match self {
            Self::OfRun(severity, words) => (severity, words),
            Self::Alert(words) | Self::OfLine(words) | Self::TokenOpensNoMore(words) => (Severity::Warning, words),
        }
    }
}

type NoticeCallback = Callback<RelayNotice>;

/// A role to ask for, and the token to show.
pub type Greeting = (Role, Option<String>);

/// A run, and the epoch of it that is looked at; none for the present one.
type ShownRun = (RunId, Option<Epoch>);

/// The relay. Clones are the same one.
#[derive(Clone)]
pub struct WatchedRelay(Rc<WatchedRelayState>);

struct WatchedRelayState {
    link: RefCell<Option<RelayLink>>,
    /// Sessions with the number of their holders.
    sessions: RefCell<BTreeMap<ShownRun, (Session, u32)>>,
    /// What the subscription to a run shows: a line has one a run.
    subscribed: RefCell<BTreeMap<RunId, ShownRun>>,
    runs: RefCell<Option<Vec<RunSummary>>>,
    more_come: Cell<bool>,
    open: Cell<bool>,
    address: RefCell<Option<PageRelayAddress>>,
    /// The greeting that was accepted last.
    admitted: RefCell<Option<Greeting>>,
    may_command: Cell<bool>,
    /// Whether another program of the page has the line.
    rests: Cell<bool>,
    news: UseReducerDispatcher<KnownRelay>,
    tell: NoticeCallback,
}

impl WatchedRelay {
    /// A relay that is not looked for yet.
    pub fn new(news: UseReducerDispatcher<KnownRelay>, tell: NoticeCallback) -> Self {
        Self(Rc::new(WatchedRelayState {
            link: RefCell::default(),
            sessions: RefCell::default(),
            subscribed: RefCell::default(),
            runs: RefCell::default(),
            more_come: Cell::default(),
            open: Cell::default(),
            address: RefCell::default(),
            admitted: RefCell::default(),
            may_command: Cell::default(),
            rests: Cell::default(),
            news,
            tell,
        }))
    }

    /// Looks for a relay, beside the page or remembered, and connects.
    pub fn seek(&self) {
        let relay = self.clone();
        spawn_local(async move {
            match find().await {
                FoundRelay::Beside(address) => relay.go_to(address, true),
                FoundRelay::Remembered(address) => relay.go_to(address, false),
                FoundRelay::Nowhere => relay.0.news.dispatch(RelayNews::Address(None, false)),
            }
        });
    }

    /// Connects to a relay: as a controller where it allows that, else as a viewer.
    pub fn go_to(&self, address: PageRelayAddress, beside: bool) {
        self.0.news.dispatch(RelayNews::Address(Some(address.clone()), beside));
        let known = given_before(&address).into_iter().map(Some).chain([None]);
        let greetings = known.flat_map(|token| [Role::Controller, Role::Viewer].map(|role| (role, token.clone())));
        self.0.address.replace(Some(address));
        self.0.admitted.take();
        self.connect(greetings.collect(), None, None);
    }

    /// Connects again with a token: as a controller if it is one's, else as a viewer. If it opens neither, what was open
    /// before stays so.
    pub fn use_token(&self, token: &str) {
        let before = self.0.admitted.borrow().clone();
        let with_token = [Role::Controller, Role::Viewer].map(|role| (role, Some(token.to_owned())));
        self.connect(with_token.into_iter().chain(before.clone()).collect(), before.map(|(role, _)| role), None);
    }

    /// The greeting that it accepted last, for another line to it.
    pub fn admitted(&self) -> Option<Greeting> {
        self.0.admitted.borrow().clone()
    }

    /// Ends the line while another program of the page has one, or looks for the relay again. A page has one line at a time.
    pub fn rest(&self, rests: bool) {
        self.0.rests.set(rests);
        self.0.link.take();
        self.0.runs.take();
        self.seek();
    }

    /// Leaves the relay and asks for another one.
    pub fn leave(&self) {
        self.0.link.take();
        self.0.runs.take();
        self.0.news.dispatch(RelayNews::Address(None, false));
    }

    /// Tries at once.
    pub fn retry_now(&self) {
        if let Some(link) = self.0.link.borrow().as_ref() {
            link.retry_now();
        }
    }

    /// The session of a run, subscribed as long as somebody holds it; give it back with [`Self::release`].
    pub fn session(&self, run: &RunId, epoch: Option<Epoch>) -> Session {
        let shown = (run.clone(), epoch);
        if let Some((session, holders)) = self.0.sessions.borrow_mut().get_mut(&shown) {
            *holders += 1;
            return session.clone();
        }
        let (tell, named) = (self.0.tell.clone(), run.clone());
        let session = Session::new(run.clone(), self.0.may_command.get(), move |severity, words| {
            // It stays while other runs are on show.
            tell.emit(RelayNotice::OfRun(severity, text::alert_of(named.as_str(), &words)));
        });
        session.connect(RelayLine(Rc::downgrade(&self.0)));
        session.set_host(self.host_of(&shown));
        self.0.sessions.borrow_mut().insert(shown.clone(), (session.clone(), 1));
        self.subscribe(&shown, &session);
        session
    }

    /// Gives a session back; the last holder ends the subscription.
    pub fn release(&self, run: &RunId, epoch: Option<Epoch>) {
        let shown = (run.clone(), epoch);
        let mut sessions = self.0.sessions.borrow_mut();
        let Some((_, holders)) = sessions.get_mut(&shown) else { return };
        *holders -= 1;
        if *holders > 0 {
            return;
        }
        sessions.remove(&shown);
        if self.0.subscribed.borrow().get(run) != Some(&shown) {
            // Another epoch of the run is looked at meanwhile.
            return;
        }
        let other = sessions.iter().find(|((it, _), _)| it == run).map(|(shown, (it, _))| (shown.clone(), it.clone()));
        drop(sessions);
        if let Some((shown, session)) = other {
            self.subscribe(&shown, &session);
        } else {
            self.0.subscribed.borrow_mut().remove(run);
            if let Some(link) = self.0.link.borrow().as_ref() {
                link.unsubscribe(run);
            }
        }
    }

    fn subscribe(&self, shown: &ShownRun, session: &Session) {
        self.0.subscribed.borrow_mut().insert(shown.0.clone(), shown.clone());
        if let Some(link) = self.0.link.borrow().as_ref() {
            let asked = session.clone();
            link.subscribe(shown.0.clone(), shown.1, move || asked.view().wanted());
        }
    }

    /// How the host of what is shown stands.
    fn host_of(&self, (run, epoch): &ShownRun) -> HostStanding {
        if !self.0.open.get() {
            return HostStanding::Unreachable;
        }
        let runs = self.0.runs.borrow();
        let Some(runs) = runs.as_ref() else { return HostStanding::Unreachable };
        match runs.iter().find(|it| it.run == *run) {
            Some(summary) if epoch.is_some_and(|epoch| epoch != summary.epoch) => HostStanding::Replaced,
            Some(summary) if summary.live => HostStanding::Connected,
            Some(summary) => HostStanding::Left(summary.left_millis),
            None if self.0.more_come.get() => HostStanding::Unreachable,
            None => HostStanding::Left(None),
        }
    }

    /// Every session finds out how its host stands.
    fn tell_hosts(&self) {
        for (shown, (session, _)) in self.0.sessions.borrow().iter() {
            session.set_host(self.host_of(shown));
        }
    }

    /// Greets as the first of these, and as the next if the relay refuses that. `before` is the role up to now, and
    /// `refusal` what the relay said of the greetings before.
    fn connect(&self, mut greetings: Vec<Greeting>, before: Option<Role>, refusal: Option<String>) {
        let Some(address) = self.0.address.borrow().clone() else { return };
        if greetings.is_empty() || self.0.rests.get() {
            return;
        }
        let greeting = greetings.remove(0);
        let (role, token) = greeting.clone();
        // The line belongs to this and ends with it.
        let (hearer, watcher) = (Rc::downgrade(&self.0), Rc::downgrade(&self.0));
        let refusal = RefCell::new(refusal);
        let on_message = move |message| {
            if let Some(relay) = hearer.upgrade() {
                Self(relay).hear(&message);
            }
        };
        let on_state = move |state: ConnectionState| {
            let Some(relay) = watcher.upgrade().map(Self) else { return };
            match state {
                ConnectionState::Refused { message, wants_token: true } if !greetings.is_empty() => {
                    let rest = greetings.clone();
                    let said = refusal.take().unwrap_or(message);
                    // Not from within the line that is being replaced.
                    Timeout::new(0, move || relay.connect(rest, before, Some(said))).forget();
                }
                ConnectionState::Open { role, .. } => {
                    relay.admit(role, &greeting, refusal.take().filter(|_| before == Some(role)));
                    relay.changed(state);
                }
                state => relay.changed(state),
            }
        };
        let link = RelayLink::open(address, role, token, on_message, on_state);
        link.list_runs();
        self.0.link.replace(Some(link));
        let sessions = self.0.sessions.borrow();
        for (shown, (session, _)) in sessions.iter().filter(|(it, _)| self.0.subscribed.borrow().get(&it.0) == Some(it))
        {
            self.subscribe(shown, session);
        }
    }

    /// The relay has accepted a greeting, and refused others that would have given more than before.
    fn admit(&self, role: Role, greeting: &Greeting, refusal: Option<String>) {
        let may_command = role == Role::Controller;
        self.0.may_command.set(may_command);
        for (session, _) in self.0.sessions.borrow().values() {
            session.allow_commands(may_command);
        }
        self.0.admitted.replace(Some(greeting.clone()));
        if let ((_, Some(token)), Some(address)) = (greeting, self.0.address.borrow().as_ref()) {
            give_on(address, token);
        }
        if let Some(said) = refusal {
            self.0.tell.emit(RelayNotice::TokenOpensNoMore(text::token_opens_no_more(&said)));
        }
    }

    /// The line is another one than before.
    fn changed(&self, state: ConnectionState) {
        self.0.open.set(matches!(state, ConnectionState::Open { .. }));
        self.tell_hosts();
        self.0.news.dispatch(RelayNews::Connection(state));
    }

    fn hear(&self, message: &ServerMessage) {
        match message {
            ServerMessage::Runs { runs, gone, goes_on, to_come } => {
                let before = self.0.runs.take();
                // What holds already when the page comes stands on its run.
                for (run, words) in before.iter().filter(|_| !goes_on).flat_map(|before| alerts::begun(before, runs)) {
                    alerts::notify(&run, &words);
                    self.0.tell.emit(RelayNotice::Alert(text::alert_of(run.run.as_str(), &words)));
                }
                let mut list = before.unwrap_or_default();
                update_runs(&mut list, runs.clone(), gone.as_deref(), *goes_on);
                self.0.runs.replace(Some(list.clone()));
                self.0.more_come.set(*to_come > 0);
                self.tell_hosts();
                self.0.news.dispatch(RelayNews::Runs(list, *to_come > 0));
            }
            ServerMessage::Subscribed { run, epoch, .. }
            | ServerMessage::Log { run, epoch, .. }
            | ServerMessage::State { run, epoch, .. } => {
                let shown = self.0.subscribed.borrow().get(run).cloned();
                // What the subscription before this one still brings is not for this session.
                let shown = shown.filter(|(_, wanted)| wanted.is_none_or(|wanted| wanted == *epoch));
                let session =
                    shown.and_then(|it| self.0.sessions.borrow().get(&it).map(|(session, _)| session.clone()));
                if let Some(session) = session {
                    session.receive(message);
                }
            }
            // The place of a run says by `lacks` that there is none; what refuses a token is the line's to tell.
            ServerMessage::Error { code: ErrorCode::Unauthorized | ErrorCode::UnknownRun, .. } => {}
            ServerMessage::Error { message, .. } => {
                self.0.tell.emit(RelayNotice::OfLine(message.clone()));
            }
            _ => {}
        }
    }
}

impl PartialEq for WatchedRelay {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for WatchedRelay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Relay").field("link", &self.0.link).finish_non_exhaustive()
    }
}

/// Where the programs of this page tell each other a token that was given to one of them, until the page is closed.
const GIVEN: &str = "terrariumToken";

/// Tells the page's other programs that this token opens the relay.
fn give_on(address: &PageRelayAddress, token: &str) {
    let _ = Reflect::set(&js_sys::global(), &GIVEN.into(), &format!("{} {token}", address.as_str()).into());
}

/// The token with which this relay was opened last, by whichever of the page's programs.
fn given_before(address: &PageRelayAddress) -> Option<String> {
    let given = Reflect::get(&js_sys::global(), &GIVEN.into()).ok()?.as_string()?;
    Some(given.strip_prefix(address.as_str())?.strip_prefix(' ')?.to_owned())
}

struct RelayLine(std::rc::Weak<WatchedRelayState>);

impl Backend for RelayLine {
    fn subscribe(&self, run: &RunId, _: From) {
        if let Some(relay) = self.0.upgrade()
            && let Some(link) = relay.link.borrow().as_ref()
        {
            link.resubscribe(run);
        }
    }

    fn command(&self, run: &RunId, command: Command, heard: AnswerCallback) {
        let relay = self.0.upgrade();
        let link = relay.as_ref().map(|it| it.link.borrow());
        match link.as_ref().and_then(|it| it.as_ref()) {
            Some(link) => link.command(run.clone(), command, heard),
            None => heard(Answer::Rejected { reason: text::NOBODY_THERE.into() }),
        }
    }
}

/// The session of a run for as long as a component shows it.
#[hook]
pub fn use_relay_session(relay: &WatchedRelay, run: &RunId, epoch: Option<Epoch>) -> Session {
    let held = use_memo((relay.clone(), run.clone(), epoch), |(relay, run, epoch)| relay.session(run, *epoch));
    use_effect_with((relay.clone(), run.clone(), epoch), |(relay, run, epoch)| {
        let (relay, run, epoch) = (relay.clone(), run.clone(), *epoch);
        move || relay.release(&run, epoch)
    });
    (*held).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_lacks_a_run_or_an_epoch_once_it_has_told_what_it_has() {
        let runs = r#"[{"run": "a", "epoch": 3, "live": false, "started_millis": 0, "entries": 1, "title": "",
            "earlier": [{"epoch": 2, "title": "", "started_millis": 0, "entries": 1}]}]"#;
        let told = KnownRelay { runs: Some(serde_json::from_str(runs).unwrap()), ..KnownRelay::default() };
        let lacks = |known: &KnownRelay, run: &str, epoch: Option<u64>| {
            known.lacks(&RunId::new(run).unwrap(), epoch.map(Epoch))
        };
        for (run, epoch, is_lacking) in
            [("a", None, false), ("a", Some(3), false), ("a", Some(2), false), ("a", Some(1), true), ("b", None, true)]
        {
            assert_eq!(lacks(&told, run, epoch), is_lacking, "{run} {epoch:?}");
            assert!(!lacks(&KnownRelay::default(), run, epoch), "{run} {epoch:?}");
            assert!(!lacks(&KnownRelay { more_come: true, ..told.clone() }, run, epoch), "{run} {epoch:?}");
        }
    }
}
