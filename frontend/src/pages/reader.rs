//! Reads what the runs of a relay came to, and how its hosts stand, one run after the other, over a line of its own.

use crate::pages::watch::relay::{KnownRelay, WatchedRelay};
use crate::services::relay_address::PageRelayAddress;
use crate::services::relay_link::{ConnectionState, RelayLink};
use crate::store::RunView;
use gloo_timers::callback::Interval;
use shared::event::{StateEvent, StateKind};
use shared::host::HostView;
use shared::message::{From, Role, RunSummary, StateEntry};
use shared::{Epoch, RunId, ServerMessage};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};
use yew::prelude::*;

/// Runs that are read, the newest ones; each costs the relay a look at its history.
pub const MOST_READ: usize = 200;

/// How often the page looks whether something was read, in milliseconds.
const LOOK_MILLIS: u32 = 250;

/// After so many looks live runs are read again.
const LOOKS_BEFORE_AGAIN: u32 = 24;

/// What a place takes of every run.
pub trait Gathered: Clone + PartialEq + 'static {
    /// Bins and values of each metric that are asked for of a run.
    const POINTS: u32;

    /// What it takes of a run that was read; nothing where there is nothing to take.
    fn of(run: &RunId, view: &RunView) -> Option<Self>;

    /// The same, of a run that is live now or not.
    #[must_use]
    fn live(self, live: bool) -> Self;
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read<T> {
    /// What was taken, in the order of the relay's list.
    pub rows: Vec<T>,
    /// Runs that were read.
    pub read: usize,
    /// Runs that are to be read.
    pub all: usize,
    /// The hosts that have told how they stand.
    pub hosts: BTreeMap<RunId, Rc<HostView>>,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), read: 0, all: 0, hosts: BTreeMap::new() }
    }
}

/// What the runs of a relay came to, and how its hosts stand, as far as it was read by now.
#[hook]
pub fn use_read<T: Gathered>(relay: &WatchedRelay, known: &KnownRelay) -> Read<T> {
    let read = use_state_eq(Read::default);
    // A line that was lost comes back by itself; another role asks for another one.
    let role = use_mut_ref(|| None);
    if let Some(ConnectionState::Open { role: now, .. }) = &known.connection {
        *role.borrow_mut() = Some(*now);
    }
    let (relay, role) = (relay.clone(), *role.borrow());
    let reader = use_memo((known.address.clone(), role), move |(address, _)| {
        let (address, greeting) = (address.clone()?, relay.admitted()?);
        Some(RunReader::open(address, greeting))
    });
    {
        // The same reader is the same place in memory.
        let place = Rc::as_ptr(&reader).addr();
        let reader = Rc::clone(&reader);
        use_effect_with((known.runs.clone(), place), move |(runs, _)| {
            if let (Some(reader), Some(runs)) = (reader.as_ref(), runs) {
                reader.take(runs);
            }
        });
    }
    {
        let (read, place) = (read.setter(), Rc::as_ptr(&reader).addr());
        let reader = Rc::clone(&reader);
        use_effect_with(place, move |_| {
            let mut looks = 0;
            let interval = Interval::new(LOOK_MILLIS, move || {
                let Some(reader) = reader.as_ref() else { return };
                looks += 1;
                if looks % LOOKS_BEFORE_AGAIN == 0 {
                    reader.look_again(true);
                }
                if let Some(news) = reader.news() {
                    read.set(news);
                }
            });
            move || drop(interval)
        });
    }
    (*read).clone()
}

/// The reader. Dropped, its line closes.
struct RunReader<T: Gathered>(Rc<RunReaderState<T>>);

impl<T: Gathered> std::fmt::Debug for RunReader<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// Where a run stood when it was read: its epoch and the entries of its log.
type Mark = (Epoch, u64);

struct RunReaderState<T> {
    link: RefCell<Option<RelayLink>>,
    /// The hosts that are watched, with what they told of themselves.
    hosts: RefCell<BTreeMap<RunId, Option<Rc<HostView>>>>,
    /// Those that the relay knows and that count.
    runs: RefCell<Vec<RunSummary>>,
    waiting: RefCell<VecDeque<RunId>>,
    /// The run that is being read.
    view: RefCell<Option<RunView>>,
    /// What was taken of each.
    found: RefCell<BTreeMap<RunId, (Mark, Option<T>)>>,
    /// Whether something was found that was not told.
    news: Cell<bool>,
}

impl<T: Gathered> RunReader<T> {
    /// Connects to a relay with a greeting that it has accepted before.
    fn open(address: PageRelayAddress, (role, token): (Role, Option<String>)) -> Self {
        let inner = Rc::new(RunReaderState {
            link: RefCell::default(),
            hosts: RefCell::default(),
            runs: RefCell::default(),
            waiting: RefCell::default(),
            view: RefCell::default(),
            found: RefCell::default(),
            news: Cell::default(),
        });
        let hearer: Weak<RunReaderState<T>> = Rc::downgrade(&inner);
        let hear = move |message: ServerMessage| {
            if let Some(inner) = hearer.upgrade() {
                inner.hear(&message);
            }
        };
        inner.link.replace(Some(RelayLink::open(address, role, token, hear, |_| {})));
        Self(inner)
    }

    /// These are the relay's runs now; new ones are read.
    fn take(&self, runs: &[RunSummary]) {
        self.0.watch(runs.iter().filter(|run| run.is_host).map(|host| &host.run));
        let counts = runs.iter().filter(|run| !run.is_host).take(MOST_READ).cloned();
        self.0.runs.replace(counts.collect());
        self.0.news.set(true);
        self.look_again(false);
    }

    /// Reads what is not read yet, and again what has moved since; of live runs the list need not tell that.
    fn look_again(&self, live: bool) {
        let under_way = self.0.view.borrow().as_ref().and_then(|view| view.run.clone());
        {
            let (found, mut waiting) = (self.0.found.borrow(), self.0.waiting.borrow_mut());
            for run in self.0.runs.borrow().iter() {
                let mark = found.get(&run.run).map(|(mark, _)| *mark);
                // Live ones grow all the time: they are read again now and then, not with every change of the list.
                let has_grown = |entries| entries < run.entries && (live || !run.live);
                let is_new = mark.is_none_or(|(epoch, entries)| epoch != run.epoch || has_grown(entries));
                let is_under_way = Some(&run.run) == under_way.as_ref() || waiting.contains(&run.run);
                if !is_under_way && (is_new || (live && run.live)) {
                    waiting.push_back(run.run.clone());
                }
            }
        }
        self.0.go_on();
    }

    /// What was read, if that is something else than when it was asked last.
    fn news(&self) -> Option<Read<T>> {
        if !self.0.news.take() {
            return None;
        }
        let (found, runs) = (self.0.found.borrow(), self.0.runs.borrow());
        let known = runs.iter().filter_map(|run| Some((run, &found.get(&run.run)?.1)));
        let rows = known.clone().filter_map(|(run, row)| Some(row.clone()?.live(run.live)));
        let hosts = self.0.hosts.borrow();
        let hosts = hosts.iter().filter_map(|(host, view)| Some((host.clone(), view.clone()?))).collect();
        Some(Read { rows: rows.collect(), read: known.count(), all: runs.len(), hosts })
    }
}

impl<T: Gathered> RunReaderState<T> {
    /// These hosts are watched from now on.
    fn watch<'a>(&self, hosts: impl Iterator<Item = &'a RunId>) {
        let link = self.link.borrow();
        let Some(link) = link.as_ref() else { return };
        let before = self.hosts.take();
        let mut now = BTreeMap::new();
        for host in hosts {
            if !before.contains_key(host) {
                link.subscribe(host.clone(), None, || From::None);
            }
            now.insert(host.clone(), before.get(host).cloned().flatten());
        }
        for gone in before.keys().filter(|host| !now.contains_key(host)) {
            link.unsubscribe(gone);
        }
        self.hosts.replace(now);
    }

    /// A host tells how it stands; of other kinds of state nothing is taken.
    fn hear_host(&self, host: &RunId, entries: &[StateEntry]) {
        let newest = entries.iter().rev().find(|it| it.kind == StateKind::Host);
        if let Some(Ok(StateEvent::Host(view))) = newest.map(|it| it.event.decode()) {
            self.hosts.borrow_mut().insert(host.clone(), Some(Rc::new(view)));
            self.news.set(true);
        }
    }

    /// Begins with the next run, where none is under way.
    fn go_on(&self) {
        if self.view.borrow().is_some() {
            return;
        }
        let Some(run) = self.waiting.borrow_mut().pop_front() else { return };
        self.view.replace(Some(RunView::new(run.clone())));
        if let Some(link) = self.link.borrow().as_ref() {
            link.subscribe(run, None, || From::Thinned(T::POINTS));
        }
    }

    fn hear(&self, message: &ServerMessage) {
        if let ServerMessage::Subscribed { run, snapshot: entries, .. } | ServerMessage::State { run, entries, .. } =
            message
            && self.hosts.borrow().contains_key(run)
        {
            self.hear_host(run, entries);
            return;
        }
        let done = {
            let mut view = self.view.borrow_mut();
            let Some(view) = view.as_mut() else { return };
            if let ServerMessage::Error { .. } = message {
                // It is not there any more, or cannot be read now: the next list tells.
                true
            } else {
                // A hole ends the reading early; a live run is read again anyway.
                view.apply(message).resubscribe.is_some() || view.is_complete()
            }
        };
        if done {
            self.finish();
            self.go_on();
        }
    }

    fn finish(&self) {
        let Some(view) = self.view.take() else { return };
        let Some(run) = view.run.clone() else { return };
        if let Some(link) = self.link.borrow().as_ref() {
            link.unsubscribe(&run);
        }
        let mark = (view.epoch.unwrap_or_default(), view.next_offset.0);
        self.found.borrow_mut().insert(run.clone(), (mark, T::of(&run, &view)));
        self.news.set(true);
    }
}
