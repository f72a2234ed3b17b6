//! A run file: what `terrarium export` wrote, with its curves and kept episodes, without a relay.

use crate::charts::Charts;
use crate::components::file_button::FileButton;
use crate::components::icons::{Symbol, icon};
use crate::components::messages::use_messages;
use crate::files::OPENED_RUN_FILE;
use crate::language::{Text, told};
use crate::pages::replays::Replays;
use crate::pages::watch::run_page::facts;
use crate::pages::watch::standing::moment;
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::store::HostStanding;
use crate::text;
use crate::text::run_file as words;
use gloo_timers::callback::Timeout;
use js_sys::{Reflect, Uint8Array};
use shared::message::LogEntry;
use shared::run_file::{END, EntryLines, PART, RunFileHead};
use shared::{Offset, ServerMessage};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File};
use yew::prelude::*;

/// Bytes of the file that are read at a time.
const PIECE_BYTES: f64 = 1_048_576.0;

/// What is known of the file.
#[derive(Clone, Debug, Default, PartialEq)]
enum FileStanding {
    #[default]
    None,
    /// It is being read, of which share.
    Reading(f64),
    Open(Rc<OpenRunFile>),
    Refused(String),
}

/// A file that was read.
#[derive(Debug, PartialEq)]
struct OpenRunFile {
    head: RunFileHead,
    session: Session,
    /// Its last lines are missing.
    is_cut: bool,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Properties)]
pub struct RunFileProps {
    /// The kept episodes in place of the curves.
    pub replays: bool,
}

/// The place.
#[component]
pub fn RunFile(props: &RunFileProps) -> Html {
    let (messages, spoken) = use_messages();
    let standing = use_state_eq(FileStanding::default);
    // Only the file that was opened last is told of.
    let newest = use_mut_ref(|| 0_u32);
    let open = {
        let standing = standing.setter();
        use_memo((), move |()| {
            Callback::from(move |file: File| {
                *newest.borrow_mut() += 1;
                let (number, newest, standing) = (*newest.borrow(), Rc::clone(&newest), standing.clone());
                standing.set(FileStanding::Reading(0.0));
                spawn_local(async move {
                    let is_newest = || *newest.borrow() == number;
                    let told = |share| is_newest().then(|| standing.set(FileStanding::Reading(share))).is_some();
                    let read = read(&file, told).await;
                    if is_newest() {
                        standing.set(match read {
                            Ok(opened) => FileStanding::Open(Rc::new(opened)),
                            Err(reason) => FileStanding::Refused(words::refused(&file.name(), &reason)),
                        });
                    }
                });
            })
        })
    };
    {
        let open = (*open).clone();
        use_effect_with((), move |()| {
            let take = move || opened().into_iter().for_each(|file| open.emit(file));
            take();
            // Of a file that is dropped while this place is open the page's own program hears, too, and leaves it first or last.
            let dropped = Closure::<dyn Fn()>::new(move || {
                Timeout::new(0, take.clone()).forget();
            });
            let window = web_sys::window();
            if let Some(window) = &window {
                let _ = window.add_event_listener_with_callback("drop", dropped.as_ref().unchecked_ref());
            }
            move || {
                if let Some(window) = window {
                    let hear = dropped.as_ref().unchecked_ref();
                    let _ = window.remove_event_listener_with_callback("drop", hear);
                }
            }
        });
    }
    let view = |label: Text, replays: bool| {
        html! {
            <a href={Route::RunFile(replays).address()} aria-current={(props.replays == replays).then_some("page")}
                data-testid={if replays { "file-replays" } else { "file-curves" }}>{ label }</a>
        }
    };
    let opened = if let FileStanding::Open(opened) = &*standing { Some(opened) } else { None };
    let (state, said) = match &*standing {
        FileStanding::None => ("none", html! { <p class="card relay-form">{ words::NOTE }</p> }),
        FileStanding::Reading(share) => {
            let percent = (share * 100.0) as u32;
            (
                "reading",
                html! { <p class="empty" aria-busy="true"><span role="status">{ words::READING }</span>{ format!(" {percent} %") }</p> },
            )
        }
        FileStanding::Refused(reason) => (
            "refused",
            html! { <p class="negative" role="alert" data-testid="run-file-refused">{ reason.clone() }</p> },
        ),
        FileStanding::Open(_) => ("open", Html::default()),
    };
    let body = match opened {
        Some(opened) if props.replays => {
            html! { <Replays session={opened.session.clone()} {messages} back={Route::RunFile(false)} /> }
        }
        Some(opened) => html! { <FileCurves key={opened.head.epoch.to_string()} opened={Rc::clone(opened)} /> },
        None => html! { <main class="watch" data-testid="run-file-none"><h1>{ text::RUN_FILE }</h1>{ said }</main> },
    };
    html! {
        <>
            <nav class="watch-head run-file" aria-label={text::RUN_FILE} data-testid="run-file" data-value={state}>
                <a class="back" href={Route::Watch.address()}>{ icon(Symbol::Back) }{ text::ALL_RUNS }</a>
                if opened.is_some() { { view(words::CURVES, false) }{ view(text::REPLAYS, true) } }
                <span class="spacer"></span>
                <FileButton label={words::OPEN} on_file={(*open).clone()} />
            </nav>
            { body }
            { spoken }
        </>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct FileCurvesProps {
    opened: Rc<OpenRunFile>,
}

/// What the run is, and its curves.
#[component]
fn FileCurves(props: &FileCurvesProps) -> Html {
    let OpenRunFile { head, session, is_cut } = &*props.opened;
    let (started, ended) = use_pulse(session, |view| (view.started.clone(), view.ended.is_some()));
    let (episodes, faults) = use_pulse(session, |view| (view.episodes.episodes(), view.episodes.faults()));
    let notices = use_pulse(session, |view| view.notices.iter().map(|it| it.text.clone()).collect::<Vec<_>>());
    html! {
        <main class="watch" data-testid="file-run" data-value={head.run.to_string()}
            data-episodes={episodes.to_string()} data-faults={faults.to_string()}>
            <h1>{ head.run.to_string() }</h1>
            <p class="soft">{ words::facts(&moment(head.started_millis), ended, *is_cut) }</p>
            if let Some(started) = &started {
                <section class="card relay-form" aria-label={text::ENVIRONMENT}>
                    <div class="picker"><b>{ told(&started.environment.title) }</b><span>{ told(&started.environment.subtitle) }</span></div>
                    { facts(environments::registry::find(&started.spec.environment.id).ok().as_ref(), &started.spec.environment.parameters) }
                    <table class="inspect number"><tbody><tr><th scope="row">{ text::SEED }</th><td>{ started.spec.seed.to_string() }</td></tr></tbody></table>
                    <div class="picker"><b>{ told(&started.agent.title) }</b><span>{ started.agent.source.clone() }</span></div>
                    { facts(Some(&started.agent), &started.spec.agent.parameters) }
                </section>
            }
            if !notices.is_empty() { <ul class="alerts">{ for notices.into_iter().map(|it| html! { <li>{ it }</li> }) }</ul> }
            <h2 class="unseen">{ words::CURVES }</h2>
            <section class="area-charts" aria-label={words::CURVES}><Charts session={session.clone()} /></section>
        </main>
    }
}

/// The file that the page's own program left for this place.
fn opened() -> Option<File> {
    let global = js_sys::global();
    let file = Reflect::get(&global, &OPENED_RUN_FILE.into()).ok()?.dyn_into::<File>().ok()?;
    // It is opened once.
    let _ = Reflect::delete_property(&global, &OPENED_RUN_FILE.into());
    Some(file)
}

/// Reads a file piece by piece. `goes_on` hears which share of it was read, and says whether anybody still waits.
async fn read(file: &Blob, goes_on: impl Fn(f64) -> bool) -> Result<OpenRunFile, String> {
    let (mut lines, mut at) = (FileLines::default(), 0.0);
    let gone = |_| String::from(words::UNREADABLE);
    while at < file.size() && !lines.is_over {
        let end = (at + PIECE_BYTES).min(file.size());
        let piece = file.slice_with_f64_and_f64(at, end).map_err(gone)?;
        let piece = JsFuture::from(piece.array_buffer()).await.map_err(gone)?;
        lines.take(&Uint8Array::new(&piece).to_vec())?;
        at = end;
        if !goes_on(at / file.size()) {
            break;
        }
    }
    lines.finish()
}

/// The lines of a file as they come.
#[derive(Default)]
struct FileLines {
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
    line: u64,
    opened: Option<(OpenRunFile, EntryLines)>,
    /// The entries are over: what follows them has begun.
    is_over: bool,
}

impl FileLines {
    fn take(&mut self, piece: &[u8]) -> Result<(), String> {
        let mut entries = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if self.rest.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                self.read(&line, &mut entries)?;
            }
        }
        self.hand_on(entries);
        Ok(())
    }

    fn read(&mut self, line: &[u8], entries: &mut Vec<LogEntry>) -> Result<(), String> {
        self.line += 1;
        let line = String::from_utf8_lossy(line);
        let Some((_, order)) = &mut self.opened else {
            let head = RunFileHead::read(&line).ok_or(words::NO_RUN_FILE)?;
            let (session, order) = (Session::new(head.run.clone(), false, |_, _| ()), EntryLines::after(&head));
            session.set_host(HostStanding::Left(None));
            // How many follow is told by the end.
            session.receive(&beginning(&head, Offset(0), u64::MAX));
            self.opened = Some((OpenRunFile { head, session, is_cut: false }, order));
            return Ok(());
        };
        self.is_over |= [PART, END].iter().any(|it| line.starts_with(it));
        if !self.is_over {
            let number = self.line;
            entries.push(order.read(line.trim_end()).map_err(|reason| words::wrong_line(number, &reason))?);
        }
        Ok(())
    }

    fn hand_on(&self, entries: Vec<LogEntry>) {
        if let Some((OpenRunFile { head, session, .. }, _)) = &self.opened {
            session.receive(&ServerMessage::Log { run: head.run.clone(), epoch: head.epoch, entries });
        }
    }

    /// After the last piece.
    fn finish(mut self) -> Result<OpenRunFile, String> {
        let (line, mut entries) = (std::mem::take(&mut self.rest), Vec::new());
        if !line.is_empty() {
            let read = self.read(&line, &mut entries);
            // Half a line is what is left of one where the file is cut.
            if self.opened.as_ref().is_none_or(|(opened, _)| !opened.head.has_end()) {
                read?;
            }
            self.hand_on(entries);
        }
        let (mut opened, _) = self.opened.ok_or(words::NO_RUN_FILE)?;
        opened.is_cut = opened.head.has_end() && !self.is_over;
        let end = opened.session.view().next_offset;
        opened.session.receive(&beginning(&opened.head, end, 0));
        Ok(opened)
    }
}

fn beginning(head: &RunFileHead, offset: Offset, history: u64) -> ServerMessage {
    let (run, epoch) = (head.run.clone(), head.epoch);
    ServerMessage::Subscribed { run, epoch, offset, recovered: offset > Offset(0), history, snapshot: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::episode::{EpisodeBin, Stat};
    use shared::event::LogEvent;
    use shared::run_file::{LAYOUT, end_line, entry_line};
    use shared::{Epoch, Payload, RunId};

    fn file(thinned: u64, offsets: &[u64]) -> Vec<u8> {
        let run = RunId::new("a").unwrap();
        let (title, is_host) = (String::new(), false);
        let head = RunFileHead {
            terrarium_run: LAYOUT,
            run,
            epoch: Epoch(7),
            started_millis: 0.0,
            title,
            is_host,
            thinned,
            grain: 1,
        };
        let mut text = serde_json::to_string(&head).unwrap() + "\n";
        for (episode, offset) in (0..).zip(offsets) {
            let bin = EpisodeBin { first_episode: episode, last_episode: episode, count: 1, ..bin() };
            let event = Payload::plain(&LogEvent::Episodes(bin)).unwrap();
            text += &entry_line(&LogEntry { offset: Offset(*offset), time_millis: 0.0, event }).unwrap();
            text += "\n";
        }
        let lines = offsets.len() as u64 + 1;
        (text + PART + "\"00\",\"length\":1}\n" + &end_line(lines) + "\n").into_bytes()
    }

    fn bin() -> EpisodeBin {
        EpisodeBin {
            first_episode: 0,
            last_episode: 0,
            count: 1,
            step: 0,
            episodic_return: Stat::of(1.0),
            length: Stat::of(1.0),
            outcomes: std::collections::BTreeMap::new(),
            each: None,
        }
    }

    fn read(file: &[u8], piece: usize) -> Result<OpenRunFile, String> {
        let mut lines = FileLines::default();
        for piece in file.chunks(piece) {
            lines.take(piece)?;
        }
        lines.finish()
    }

    #[test]
    fn a_file_is_read_whole_wherever_its_pieces_end() {
        let offsets: Vec<u64> = (0..50).collect();
        for piece in [1, 7, 1 << 20] {
            let opened = read(&file(0, &offsets), piece).unwrap();
            let view = opened.session.view();
            assert_eq!(
                (opened.head.epoch, view.episodes.episodes(), view.is_complete()),
                (Epoch(7), 50, true),
                "{piece}"
            );
        }
        let thinned = read(&file(6, &[0, 3, 5, 6]), 100).unwrap();
        assert_eq!((thinned.session.view().episodes.episodes(), thinned.session.view().is_complete()), (4, true));
    }

    #[test]
    fn half_a_file_is_shown_as_what_it_is() {
        let whole = file(0, &[0, 1, 2]);
        let text = String::from_utf8(whole.clone()).unwrap();
        let half: String = text.lines().take(3).fold(String::new(), |text, line| text + line + "\n");
        let half = read(half.as_bytes(), 50).unwrap();
        assert_eq!((half.is_cut, half.session.view().episodes.episodes()), (true, 2));
        assert!(!read(&whole, 50).unwrap().is_cut);
        // Where it ends within a line, too, be that of an entry or of what follows them.
        let entries = text.find(PART).unwrap();
        for end in [entries - 20, entries + 5] {
            let cut = read(&whole[..end], 50).unwrap();
            let episodes = if end < entries { 2 } else { 3 };
            assert_eq!((cut.is_cut, cut.session.view().episodes.episodes()), (true, episodes), "{end}");
            assert!(cut.session.view().is_complete(), "{end}");
        }
        // Files of an earlier layout have no last line.
        let earlier = text.replace("\"terrarium_run\":3", "\"terrarium_run\":2");
        let earlier: String = earlier.lines().take(3).fold(String::new(), |text, line| text + line + "\n");
        assert!(!read(earlier.as_bytes(), 50).unwrap().is_cut);
        assert!(read(&earlier.as_bytes()[..earlier.len() - 20], 50).is_err());
    }

    #[test]
    fn what_is_no_run_file_or_is_damaged_is_said_with_its_line() {
        for other in [&b""[..], b"{}\n", b"terrarium-agent\n"] {
            assert_eq!(read(other, 9).unwrap_err(), words::NO_RUN_FILE.text());
        }
        let error = read(&file(0, &[0, 1, 3]), 100).unwrap_err();
        assert!(error.contains("line 4") || error.contains("Line 4"), "{error}");
    }
}
