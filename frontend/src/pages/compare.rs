//! Compare: the same environment, several agents, many seeds, all training at once.

pub mod agent_list;
pub mod contest;
pub mod curves;
pub mod results;
pub mod setup;

use super::lab::agent_menu::use_refusals;
use super::lab::environment_panel::EnvironmentPanel;
use super::lab::share_dialog::ShareDialog;
use crate::charts::axes;
use crate::charts::chart::Chart;
use crate::charts::painter::ChartContent;
use crate::charts::shared_viewport::{ChartManner, SharedViewport};
use crate::charts::subject::ChartSubject;
use crate::components::field::Field;
use crate::components::icons::{Symbol, icon};
use crate::components::messages::{Messages, use_messages};
use crate::keyboard::{UNDO, use_keys};
use crate::language::Text;
use crate::route::Route;
use crate::services::library_file::ItemContent;
use crate::services::storage::Storage;
use crate::store::board::{ComparisonBoard, EpisodeMeasure, Spread};
use crate::text;
use contest::Contest;
use curves::{MeanCurves, ProfileCurves};
use gloo_timers::callback::Interval;
use results::ComparisonResults;
use setup::{MOST_EPISODES, MOST_SEEDS, Setup};
use shared::RunSpec;
use shared::event::Severity;
use shared::parameter::{ParameterSpec, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often texts follow the contest, in milliseconds.
const PULSE_MILLIS: u32 = 150;

/// Most comparisons that can be had back.
const MOST_ASIDE: usize = 10;

thread_local! {
    /// It stays, and goes on, while other places are shown.
    static COMPARISON: Comparison = Comparison::default();
}

/// What is compared and what came of it. Clones are the same comparison.
#[derive(Clone, Debug, Default)]
struct Comparison(Rc<ComparisonState>);

#[derive(Debug, Default)]
struct ComparisonState {
    setup: RefCell<Setup>,
    board: RefCell<ComparisonBoard>,
    contest: RefCell<Option<Contest>>,
    /// The hash that a link says all runs must come to.
    expected: RefCell<Option<String>>,
    results: RefCell<ComparisonResults>,
    spread: Cell<Spread>,
    /// What gave way to this one, the last one last, to be had back.
    aside: RefCell<Vec<AsideComparison>>,
}

/// A comparison that gave way to another one, with what had come of it.
#[derive(Debug)]
struct AsideComparison {
    setup: Setup,
    board: ComparisonBoard,
    contest: Option<Contest>,
}

impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Comparison {
    /// Begins with what a link says. A link that is refused changes nothing. Gives the number of runs that are put aside.
    fn open(&self, query: &str, tell: &Callback<(Severity, String)>) -> Option<usize> {
        match Setup::from_query(query) {
            Ok((setup, _)) if *self.0.setup.borrow() == setup && self.0.contest.borrow().is_some() => None,
            Ok((setup, hash)) => {
                if let Some(reason) = setup.fault() {
                    tell.emit((Severity::Error, reason));
                    return None;
                }
                let runs = self.change(setup, false);
                if self.begin(tell) {
                    self.0.expected.replace(hash);
                }
                runs
            }
            Err(error) => {
                tell.emit((Severity::Error, error.to_string()));
                None
            }
        }
    }

    /// Compares something else: the last comparison is put aside if it has runs, or is worth it as it was set. Gives the number of
    /// its runs then.
    fn change(&self, setup: Setup, is_worth_keeping: bool) -> Option<usize> {
        self.stop();
        let contest = self.0.contest.take();
        self.0.expected.take();
        let board = self.board();
        let runs = board.look().settled().0;
        let before = self.0.setup.replace(setup);
        let is_kept = runs > 0 || is_worth_keeping;
        if is_kept {
            let mut aside = self.0.aside.borrow_mut();
            if aside.len() >= MOST_ASIDE {
                aside.remove(0);
            }
            aside.push(AsideComparison { setup: before, board, contest });
        }
        self.clear();
        is_kept.then_some(runs)
    }

    /// Has back what gave way last, without the runs that were under way. What is there now gives way to it.
    fn undo(&self) -> bool {
        let Some(AsideComparison { setup, board, contest }) = self.0.aside.borrow_mut().pop() else { return false };
        self.change(setup, false);
        show_in_address(&self.0.setup.borrow());
        board.change().spread = self.0.spread.get();
        self.0.board.replace(board);
        self.0.contest.replace(contest);
        true
    }

    fn clear(&self) {
        let setup = self.0.setup.borrow();
        let board =
            ComparisonBoard::new(setup.names(&agents::registry::catalog()), setup.seeds as usize, setup.episodes);
        board.change().spread = self.0.spread.get();
        self.0.board.replace(board);
        self.0.results.take();
    }

    /// Lets all runs begin, unless they cannot.
    fn begin(&self, tell: &Callback<(Severity, String)>) -> bool {
        if let Some(reason) = self.0.setup.borrow().fault() {
            tell.emit((Severity::Error, reason));
            return false;
        }
        self.stop();
        self.clear();
        let (setup, board, tell) = (self.0.setup.borrow().clone(), self.board(), tell.clone());
        show_in_address(&setup);
        let contest = Contest::begin(setup, board, move |severity, words| tell.emit((severity, words)));
        self.0.contest.replace(Some(contest));
        true
    }

    fn stop(&self) {
        if let Some(contest) = self.0.contest.borrow().as_ref() {
            contest.stop();
        }
    }

    fn is_running(&self) -> bool {
        self.0.contest.borrow().as_ref().is_some_and(Contest::is_running)
    }

    /// Whether all runs are there.
    fn is_complete(&self) -> bool {
        let (settled, all) = self.board().look().settled();
        settled > 0 && settled == all
    }

    fn board(&self) -> ComparisonBoard {
        self.0.board.borrow().clone()
    }

    /// What a link expected and what came, once both are known.
    fn verified(&self) -> Option<(Severity, String)> {
        let found = self.board().look().hash()?;
        let expected = self.0.expected.take()?;
        Some(if found == expected {
            (Severity::Information, text::SAME_COMPARISON.into())
        } else {
            (Severity::Warning, text::other_comparison(&expected, &found))
        })
    }

    /// Keeps it in the library: what is compared, and the hash that it came to if it is over.
    fn save(&self, messages: &Messages) {
        let setup = self.0.setup.borrow();
        let environment = environments::registry::find(&setup.environment.id)
            .map_or_else(|_| setup.environment.id.clone(), |it| it.title);
        let title = format!("{environment} · {}", setup.names(&agents::registry::catalog()).join(", "));
        let content = ItemContent::Comparison(setup.to_query(self.board().look().hash()));
        let messages = messages.clone();
        spawn_local(async move {
            let kept = async { Storage::open().await?.save(&title, &title, &content).await }.await;
            match kept {
                Ok(_) => messages.tell(Severity::Information, text::library::SAVED),
                Err(error) => messages.tell(Severity::Error, error.to_string()),
            }
        });
    }

    /// The whole address of this comparison.
    fn link(&self) -> AttrValue {
        let here = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
        let page = here.split('#').next().unwrap_or_default();
        let query = self.0.setup.borrow().to_query(self.board().look().hash());
        format!("{page}{}", Route::Compare(Some(query)).address()).into()
    }
}

/// A reload repeats what is on show; the place stays the same.
fn show_in_address(setup: &Setup) {
    let address = Route::Compare(Some(setup.to_query(None))).address();
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
    }
}

/// What the place gets from the page.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct CompareProps {
    /// What a link asks for.
    pub query: Option<String>,
    /// Which time somebody went somewhere it was.
    pub visit: u32,
}

/// The place.
#[component]
pub fn Compare(props: &CompareProps) -> Html {
    let (messages, spoken) = use_messages();
    let tell = {
        let messages = messages.clone();
        use_callback((), move |(severity, words): (Severity, String), ()| messages.tell(severity, words))
    };
    let comparison = COMPARISON.with(Clone::clone);
    let sharing = use_state(|| false);
    let share = |open: bool| {
        let sharing = sharing.clone();
        move || sharing.set(open)
    };
    let update = use_force_update();
    let viewport = use_memo((), |()| SharedViewport::default());
    let profile_viewport = use_memo((), |()| SharedViewport::default());
    let manner = use_state(|| ChartManner { log_x: Some(false), ..ChartManner::default() });
    let selected = use_state(|| 0_usize);
    let environments = use_memo((), |()| environments::registry::catalog());
    let agents = use_memo((), |()| agents::registry::catalog());
    let undo = {
        let (comparison, update, tell) = (comparison.clone(), update.clone(), tell.clone());
        Callback::from(move |()| {
            if comparison.undo() {
                update.force_update();
            } else {
                tell.emit((Severity::Information, text::NO_COMPARISON_BEFORE.into()));
            }
        })
    };
    let put_aside = {
        let (messages, undo) = (messages.clone(), undo.clone());
        Callback::from(move |runs: usize| {
            messages.offer(Severity::Information, text::comparison_put_aside(runs), text::UNDO, undo.clone());
        })
    };
    {
        let (comparison, tell, update, put_aside) =
            (comparison.clone(), tell.clone(), update.clone(), put_aside.clone());
        use_effect_with((props.query.clone(), props.visit), move |(query, _)| {
            match query {
                Some(query) => comparison.open(query, &tell).into_iter().for_each(|runs| put_aside.emit(runs)),
                None if comparison.board().look().names.is_empty() => comparison.clear(),
                // The navigation leads to the place alone; a reload is to find the comparison.
                None => show_in_address(&comparison.0.setup.borrow()),
            }
            update.force_update();
        });
    }
    {
        let (comparison, tell, update) = (comparison.clone(), tell.clone(), update.clone());
        use_effect_with((), move |()| {
            let mut shown = None;
            let interval = Interval::new(PULSE_MILLIS, move || {
                let now = (comparison.board().look().settled(), comparison.is_running());
                let unfinished = comparison.0.results.borrow().unfinished;
                if shown.replace(now) != Some(now) || unfinished {
                    if let Some(said) = comparison.verified() {
                        tell.emit(said);
                    }
                    update.force_update();
                }
            });
            move || drop(interval)
        });
    }
    let change = {
        let (comparison, update) = (comparison.clone(), update.clone());
        Callback::from(move |setup: Setup| {
            // What changes nothing ends nothing.
            if *comparison.0.setup.borrow() != setup {
                // What was set of an agent that goes is gone with it.
                let removes_agents = comparison.0.setup.borrow().loses_agents_to(&setup);
                let runs = comparison.change(setup, removes_agents);
                show_in_address(&comparison.0.setup.borrow());
                if let Some(runs) = runs {
                    put_aside.emit(runs);
                }
            }
            update.force_update();
        })
    };
    let toggle = {
        let (comparison, tell, update) = (comparison.clone(), tell.clone(), update.clone());
        Callback::from(move |()| {
            if comparison.is_running() {
                comparison.stop();
            } else {
                comparison.begin(&tell);
            }
            update.force_update();
        })
    };
    {
        let (toggle, comparison) = (toggle.clone(), comparison.clone());
        use_keys(move |key| {
            if [UNDO, "u"].contains(&key) {
                undo.emit(());
                return true;
            }
            let is_toggle = key == " ";
            // What is there as a whole is thrown away by the button alone, which says that it begins again.
            if is_toggle && !comparison.is_complete() {
                toggle.emit(());
            }
            is_toggle
        });
    }
    let setup = comparison.0.setup.borrow().clone();
    let refusals = use_refusals(&setup.environment, &agents);
    let board = comparison.board();
    let running = comparison.is_running();
    let (settled, all) = board.look().settled();
    let workers = comparison.0.contest.borrow().as_ref().map_or(0, Contest::workers);
    let results = comparison.0.results.borrow_mut().of(&board, running).clone();
    let first = RunSpec {
        environment: setup.environment.clone(),
        agent: setup.agents[0].clone(),
        seed: setup.seed,
        changes: Vec::new(),
    };
    let set_environment = {
        let setup = setup.clone();
        change.reform(move |spec: RunSpec| {
            let moved = |agent| agents::recommended::moved(agent, &setup.environment.id, &spec.environment.id);
            let agents = setup.agents.iter().map(moved).collect();
            Setup { environment: spec.environment, seed: spec.seed, agents, ..setup.clone() }
        })
    };
    let set_spread = {
        let (comparison, update) = (comparison.clone(), update.clone());
        Callback::from(move |spread: Spread| {
            comparison.0.spread.set(spread);
            let board = comparison.board();
            board.change().spread = spread;
            board.change().revision += 1;
            update.force_update();
        })
    };
    let set_manner = {
        let manner = manner.clone();
        Callback::from(move |to: ChartManner| manner.set(to))
    };
    let save = {
        let (comparison, messages) = (comparison.clone(), messages);
        move |_: MouseEvent| comparison.save(&messages)
    };
    let chart = |title: Text, name: &'static str, content: ChartContent| {
        html! { <Chart {title} {name} decimals={2} unit={AttrValue::default()} {content} /> }
    };
    let curves = |measure: EpisodeMeasure| ChartContent {
        subject: ChartSubject::new(MeanCurves(board.clone(), measure)),
        manner: *manner,
        viewport: (*viewport).clone(),
    };
    // Returns are its places, so it is looked at by itself; before all runs have ended it would change with every one.
    let profiles = (!running && board.look().score_range().is_some()).then(|| ChartContent {
        subject: ChartSubject::new(ProfileCurves(board.clone())),
        manner: ChartManner { log_x: Some(false), ..ChartManner::default() },
        viewport: (*profile_viewport).clone(),
    });
    html! {
        <>
        <main class="lab compare">
            <h1 class="unseen">{ text::COMPARE }</h1>
            <aside class="card panel area-environment" aria-label={text::ENVIRONMENT}>
                <EnvironmentPanel catalog={(*environments).clone()} spec={first} subtitle={text::THE_SAME_FOR_ALL} on_change={set_environment} />
                <section aria-label={text::HOW_MUCH}>
                    <h2 class="heading">{ text::HOW_MUCH }</h2>
                    <div class="fields">
                        { amount("seeds", text::SEEDS, text::SEEDS_HELP, MOST_SEEDS, setup.seeds, &{
                            let setup = setup.clone();
                            change.reform(move |seeds| Setup { seeds, ..setup.clone() })
                        }) }
                        { amount("episodes", text::EPISODES, text::EPISODES_HELP, MOST_EPISODES, setup.episodes, &{
                            let setup = setup.clone();
                            change.reform(move |episodes| Setup { episodes, ..setup.clone() })
                        }) }
                    </div>
                </section>
            </aside>
            <section class="area-stage" aria-label={text::COMPARE} id="stage">
                <div class="compare-bar">
                    <button class="button primary" data-testid="compare" data-value={if running { "running" } else { "ready" }}
                        title={text::with_key(if running { text::STOP } else { text::COMPARE }, &text::SPACE_KEY)}
                        onclick={toggle.reform(|_: MouseEvent| ())}>
                        { icon(if running { Symbol::Stop } else { Symbol::Play }) }
                        { if running { text::STOP } else if settled > 0 { text::COMPARE_AGAIN } else { text::COMPARE } }
                    </button>
                    <progress max={all.to_string()} value={settled.to_string()} aria-label={text::RUNS_DONE}></progress>
                    <span class="number soft" data-testid="readout-runs" data-value={format!("{settled}/{all}")}>
                        { text::runs_done(settled, all, workers.min(all - settled), running) }
                    </span>
                    <button class="button plain" data-testid="save-comparison" onclick={save}>{ icon(Symbol::Save) }{ text::library::SAVE }</button>
                    <button class="button plain" data-testid="share" onclick={ let open = share(true); move |_: MouseEvent| open() }>
                        { icon(Symbol::Share) }{ text::SHARE }
                    </button>
                </div>
                <div class="charts-bar">
                    { bands(comparison.0.spread.get(), &set_spread) }
                    { axes(*manner, manner.log_x == Some(true), &viewport, &set_manner) }
                </div>
                <div class="compare-charts">
                    { chart(text::CHART_RETURN, "return", curves(EpisodeMeasure::Return)) }
                    { chart(text::CHART_LENGTH, "length", curves(EpisodeMeasure::Length)) }
                </div>
                { results.table(&setup, &board) }
                if let Some(content) = profiles {
                    <div class="compare-charts">{ chart(text::CHART_PROFILES, "profile", content) }</div>
                }
                <p class="unseen" role="status" aria-live="polite" data-testid="live">{ results.spoken(settled, all, running) }</p>
            </section>
            <aside class="card panel area-agent" aria-label={text::AGENTS}>
                { agent_list::panel((&agents, &refusals), &setup, (*selected).min(setup.agents.len() - 1), &change, &Callback::from(move |it| selected.set(it))) }
            </aside>
            if *sharing {
                <ShareDialog link={comparison.link()} note={text::SHARE_COMPARISON_NOTE} {tell}
                    on_close={ let close = share(false); move |()| close() } />
            }
        </main>
        { spoken }
        </>
    }
}

/// A number of things, from one to so many.
fn amount(name: &str, label: Text, help: Text, most: u64, value: u64, changed: &Callback<u64>) -> Html {
    let spec = ParameterSpec::integer(name, &label, (1, most as i64), 1, &help);
    let on_change = changed.reform(|value: Value| match value {
        Value::Integer(value) => value.max(1) as u64,
        _ => 1,
    });
    html! { <Field {spec} value={Value::Integer(value as i64)} {on_change} /> }
}

/// What the bands of the charts tell.
fn bands(spread: Spread, on_change: &Callback<Spread>) -> Html {
    let band = |label: Text, testid: &'static str, to: Spread| {
        html! {
            <button role="radio" aria-checked={(spread == to).to_string()} data-testid={testid}
                onclick={on_change.reform(move |_: MouseEvent| to)}>{ label }</button>
        }
    };
    html! {
        <span class="group">
            <span id="band">{ text::BAND }</span>
            <span class="segments" role="radiogroup" aria-labelledby="band">
                { band(text::BAND_BOOTSTRAP, "band-bootstrap", Spread::Bootstrap) }
                { band(text::BAND_STANDARD_ERROR, "band-standard-error", Spread::StandardError) }
            </span>
        </span>
    }
}
