//! The line between the page and the worker in which a run lives.
//!
//! Messages travel as the codec's bytes in `ArrayBuffer`s that change hands without a copy. Two signals travel beside
//! them: the worker's version once it is ready (or an `Error`, if it panicked), and the page's `null` once it has drawn
//! what it was sent, without which the worker sends no further state. So a page that draws slowly, or not at all in a hidden tab, sees the
//! newest frame and never an old queue, while the log flows on. A reader that draws nothing says so at once.

use agents::registry::has_network;
use environments::Environment as _;
use environments::registry;
use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use run::onnx_policy;
use shared::action::ActionSpace;
use shared::event::Severity;
use shared::spec::{AgentSpec, EnvironmentSpec};
use shared::{ClientMessage, ServerMessage, codec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};

/// The property of the window that has the page's own program.
const PAGE_PROGRAM: &str = "pageProgram";

#[wasm_bindgen]
extern "C" {
    /// A worker that waits for this page's program. `index.html` starts the first one before the program has arrived.
    #[wasm_bindgen(catch, js_name = startWorker)]
    fn start_worker() -> Result<Worker, JsValue>;
    /// A worker with a program that is loaded for the first of them.
    #[wasm_bindgen(catch, js_name = startLaterWorker)]
    fn start_later_worker(name: &str) -> Result<Worker, JsValue>;
}

/// The property of the window that says which policy forbids workers; `index.html` hears of it.
const FORBIDDEN: &str = "workersForbidden";

/// What a worker runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The page's own program.
    #[default]
    Page,
    /// The one with networks, which can do all that the page's can.
    Networks,
    /// The one that plays policies of ONNX files, and nothing else.
    Policies,
}

impl Program {
    /// Whether it makes the runs that need another one.
    pub fn serves(self, needed: Self) -> bool {
        self == needed || (self, needed) == (Self::Networks, Self::Page)
    }

    /// The least that can make a run of this agent in this environment. Whoever acts by numbers acts in several copies of
    /// it, as agents with networks do.
    pub fn of(environment: &EnvironmentSpec, agent: &AgentSpec) -> Self {
        if agent.id == onnx_policy::ID {
            return Self::Policies;
        }
        let takes_boxes =
            || registry::build(environment).is_ok_and(|it| matches!(it.describe().action_space(), ActionSpace::Box(_)));
        if has_network(&agent.id) || takes_boxes() { Self::Networks } else { Self::Page }
    }
}

/// What the worker says first: page and worker must come from the same build.
pub const WORKER_VERSION: &str = concat!("terrarium-worker ", env!("CARGO_PKG_VERSION"));

/// After this long without a sign of life the page is told: more than a slow telephone needs to compile the program.
const PATIENCE_MILLIS: u32 = 15_000;

/// How long where and why a worker panicked may come behind the news that it stopped: browsers send them by different ways.
const REASON_MILLIS: u32 = 500;

/// Why a worker does not do its work, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The browser refused to make one.
    #[error(
        "The browser refused to start a worker: {reason}. Nothing saved is lost, and runs at a relay can be watched; another \
         browser may start one."
    )]
    Refused {
        /// The browser's words, or what its policy would have to say.
        reason: String,
    },
    /// Its script did not load, or cannot be reached.
    #[error("The worker stopped: {reason}. Nothing saved is lost; reload the page to start it again.")]
    Broken {
        /// The browser's words.
        reason: String,
    },
    /// It broke while it ran.
    #[error("The worker stopped: {reason}.")]
    Died {
        /// The browser's words, or where and why it panicked.
        reason: String,
    },
    /// Nothing was heard of it for some seconds. It may still come.
    #[error("The worker has not started after {seconds} seconds. It goes on trying; reload the page if nothing moves.")]
    Silent {
        /// How long.
        seconds: u32,
    },
    /// It did not do what it was asked. It goes on.
    #[error("{message}")]
    Refuses {
        /// Its words.
        message: String,
    },
    /// Page and worker come from different builds.
    #[error("The page was updated while it was open: its worker is {worker:?}, the page {page:?}. Reload the page.")]
    OtherBuild {
        /// What the worker said.
        worker: String,
        /// What was expected.
        page: &'static str,
    },
    /// The page would say what no message holds.
    #[error("This cannot be sent to the worker: {0}. Nothing was changed.")]
    Unsendable(codec::CodecError),
    /// The worker said something unreadable.
    #[error("The worker sent something unreadable: {0}. Reload the page.")]
    Unreadable(#[from] codec::CodecError),
}

impl WorkerError {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        if self.is_over() { Severity::Error } else { Severity::Warning }
    }

    /// Whether no answer will come any longer.
    pub const fn is_over(&self) -> bool {
        !matches!(self, Self::Silent { .. } | Self::Refuses { .. })
    }
}

/// A worker of this page. Dropped, it ends.
pub struct WorkerLink {
    line: Rc<WorkerState>,
    _handlers: Handlers,
}

impl std::fmt::Debug for WorkerLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("WorkerLink")
            .field("ready", &self.line.outbox.borrow().is_none())
            .finish_non_exhaustive()
    }
}

/// What a worker calls: message, error.
type Handlers = (Closure<dyn Fn(MessageEvent)>, Closure<dyn Fn(Event)>);

/// What the handlers share.
struct WorkerState {
    worker: Worker,
    /// Whether what is sent is drawn.
    draws: bool,
    /// Messages that wait for the worker to be ready; none once it is.
    outbox: RefCell<Option<Vec<ArrayBuffer>>>,
    patience: RefCell<Option<Timeout>>,
    /// Tells that the worker stopped, unless it says why before.
    stopped: RefCell<Option<Timeout>>,
    drawn: RefCell<Option<Closure<dyn FnMut()>>>,
    animation_frame: Cell<Option<i32>>,
}

/// Has workers run this program, whoever starts them on the page: the page's own says so, once, before anything is shown.
pub fn offer_program() {
    // A property of the window's own cannot be refused.
    let _ = Reflect::set(&js_sys::global(), &PAGE_PROGRAM.into(), &wasm_bindgen::module());
}

impl WorkerLink {
    /// Starts a worker with a program. `on_message` gets what its run says, and `draws` it or not; `on_failure` is told if it cannot
    /// be had.
    pub fn spawn(
        program: Program,
        draws: bool,
        on_message: impl Fn(ServerMessage) + 'static,
        on_failure: impl Fn(WorkerError) + 'static,
    ) -> Result<Self, WorkerError> {
        let refused = |error: JsValue| WorkerError::Refused { reason: forbidden().unwrap_or_else(|| words(&error)) };
        let worker = match program {
            Program::Page => {
                let worker = start_worker().map_err(refused)?;
                // It need neither load nor compile what runs here already. Places in other programs start workers, too.
                let program = Reflect::get(&js_sys::global(), &PAGE_PROGRAM.into()).map_err(refused)?;
                worker.post_message(&program).map_err(refused)?;
                worker
            }
            Program::Networks => start_later_worker("networks").map_err(refused)?,
            Program::Policies => start_later_worker("policies").map_err(refused)?,
        };

        let on_failure = Rc::new(on_failure);
        let silent = Rc::clone(&on_failure);
        let patience = Timeout::new(PATIENCE_MILLIS, move || {
            silent(WorkerError::Silent { seconds: PATIENCE_MILLIS / 1000 });
        });
        let line = Rc::new(WorkerState {
            worker,
            draws,
            outbox: RefCell::new(Some(Vec::new())),
            patience: RefCell::new(Some(patience)),
            stopped: RefCell::default(),
            drawn: RefCell::default(),
            animation_frame: Cell::default(),
        });
        line.prepare_acknowledgement();

        let hearer = Rc::downgrade(&line);
        let failure = Rc::clone(&on_failure);
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(line) = hearer.upgrade() else { return };
            match line.hear(&event.data()) {
                Ok(Some(message)) => on_message(message),
                Ok(None) => {}
                Err(error) => failure(error),
            }
        });
        let hearer = Rc::downgrade(&line);
        let error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let Some(line) = hearer.upgrade() else { return };
            line.patience.take();
            let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|it| !it.is_empty());
            let was_ready = line.outbox.borrow().is_none();
            let error = match reason {
                Some(reason) if was_ready => WorkerError::Died { reason },
                Some(reason) => WorkerError::Broken { reason },
                None => WorkerError::Broken { reason: "worker.js could not be loaded".into() },
            };
            let failure = Rc::clone(&on_failure);
            let tell = move || failure(forbidden().map_or(error, |reason| WorkerError::Refused { reason }));
            line.stopped.replace(Some(Timeout::new(REASON_MILLIS, tell)));
        });
        line.worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        line.worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Ok(Self { line, _handlers: (message, error) })
    }

    /// Says something to the run. What is said before the worker is ready waits for it.
    pub fn send(&self, message: &ClientMessage) -> Result<(), WorkerError> {
        // Nothing lies between page and worker that could hold only so much: agents of any size are loaded.
        let bytes = codec::to_bytes(message).map_err(WorkerError::Unsendable)?;
        let buffer = Uint8Array::from(bytes.as_slice()).buffer();
        match self.line.outbox.borrow_mut().as_mut() {
            Some(outbox) => {
                outbox.push(buffer);
                Ok(())
            }
            None => self.line.post(&buffer),
        }
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.line.worker.set_onmessage(None);
        self.line.worker.set_onerror(None);
        self.line.worker.terminate();
        self.line.patience.take();
        self.line.stopped.take();
        if let (Some(frame), Some(window)) = (self.line.animation_frame.take(), web_sys::window()) {
            // It can only fail outside a window, where there was no frame to ask for.
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl WorkerState {
    fn post(&self, buffer: &ArrayBuffer) -> Result<(), WorkerError> {
        self.worker
            .post_message_with_transfer(buffer, &Array::of1(buffer))
            .map_err(|error| WorkerError::Broken { reason: words(&error) })
    }

    fn hear(&self, data: &JsValue) -> Result<Option<ServerMessage>, WorkerError> {
        let Some(buffer) = data.dyn_ref::<ArrayBuffer>() else {
            self.patience.take();
            if let Some(error) = data.dyn_ref::<js_sys::Error>() {
                // The trap that follows, or came before, only says that there was one.
                self.worker.set_onerror(None);
                self.stopped.take();
                let reason = error.message().into();
                let was_ready = self.outbox.borrow().is_none();
                return Err(if was_ready { WorkerError::Died { reason } } else { WorkerError::Broken { reason } });
            }
            let worker = data.as_string().unwrap_or_default();
            if worker != WORKER_VERSION {
                return Err(WorkerError::OtherBuild { worker, page: WORKER_VERSION });
            }
            for waiting in self.outbox.take().into_iter().flatten() {
                self.post(&waiting)?;
            }
            return Ok(None);
        };
        let message = codec::from_bytes(&Uint8Array::new(buffer).to_vec())?;
        if matches!(message, ServerMessage::State { .. }) {
            if self.draws {
                self.acknowledge_when_drawn();
            } else {
                let _ = self.worker.post_message(&JsValue::NULL);
            }
        }
        Ok(Some(message))
    }

    fn prepare_acknowledgement(self: &Rc<Self>) {
        let line = Rc::downgrade(self);
        let drawn = Closure::new(move || {
            if let Some(line) = line.upgrade() {
                line.animation_frame.take();
                // A worker that cannot be reached has reported its own end.
                let _ = line.worker.post_message(&JsValue::NULL);
            }
        });
        self.drawn.replace(Some(drawn));
    }

    fn acknowledge_when_drawn(&self) {
        let drawn = self.drawn.borrow();
        if let (None, Some(drawn), Some(window)) = (self.animation_frame.get(), drawn.as_ref(), web_sys::window()) {
            self.animation_frame.set(window.request_animation_frame(drawn.as_ref().unchecked_ref()).ok());
        }
    }
}

/// What a policy that forbids workers would have to say.
fn forbidden() -> Option<String> {
    Reflect::get(&js_sys::global(), &FORBIDDEN.into()).ok()?.as_string()
}

fn words(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| error.message().into())
}
