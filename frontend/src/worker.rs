//! The worker: a run of the page, speaking the same messages as a relay.

mod desk;

use crate::services::worker_link::WORKER_VERSION;
use desk::WorkerDesk;
use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use run::Registry;
use shared::{ServerMessage, codec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

/// Begins to listen, with what runs can be made of; called once, by the worker's binary.
pub fn start(scope: DedicatedWorkerGlobalScope, registry: Registry) -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let desk = RefCell::new(WorkerDesk::new(registry));
    let worker = Rc::new(Worker { scope, channel, desk, called: Cell::default(), alarm: RefCell::default() });

    let own = Rc::clone(&worker);
    let hear = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| own.hear(&event.data()));
    worker.scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    let own = Rc::clone(&worker);
    let turn = Closure::<dyn Fn()>::new(move || own.turn());
    worker.channel.port1().set_onmessage(Some(turn.as_ref().unchecked_ref()));
    turn.forget();
    worker.scope.post_message(&WORKER_VERSION.into())
}

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    /// The shortest way to be called again after other mail: timers wait at least 4 ms.
    channel: MessageChannel,
    desk: RefCell<WorkerDesk>,
    /// Whether a call is under way.
    called: Cell<bool>,
    alarm: RefCell<Option<Timeout>>,
}

impl Worker {
    fn hear(self: &Rc<Self>, data: &JsValue) {
        if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
            let replies = self.desk.borrow_mut().hear(&Uint8Array::new(buffer).to_vec(), clock());
            self.post_all(&replies);
        } else {
            self.desk.borrow_mut().drawn();
        }
        self.call();
    }

    fn turn(self: &Rc<Self>) {
        self.called.set(false);
        let work = self.desk.borrow_mut().turn(&mut clock);
        self.post_all(&work.messages);
        match work.idle_millis {
            Some(idle) if idle < 1.0 => self.call(),
            Some(idle) => {
                let worker = Rc::clone(self);
                self.alarm.replace(Some(Timeout::new(idle as u32, move || worker.call())));
            }
            None => drop(self.alarm.take()),
        }
    }

    fn call(&self) {
        if !self.called.replace(true) {
            self.alarm.take();
            // Both ends of the channel are here for as long as the worker lives.
            let _ = self.channel.port2().post_message(&JsValue::NULL);
        }
    }

    fn post_all(&self, messages: &[ServerMessage]) {
        for message in messages {
            // What no message holds is named instead: an error always fits.
            let bytes = codec::to_frame(message).or_else(|error| codec::to_frame(&desk::instead_of(message, &error)));
            let Ok(bytes) = bytes else { continue };
            let buffer = Uint8Array::from(bytes.as_slice()).buffer();
            let _ = self.scope.post_message_with_transfer(&buffer, &Array::of1(&buffer));
        }
    }
}

/// Milliseconds since 1970 that never go backwards while the worker lives.
fn clock() -> f64 {
    let performance = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>().ok().and_then(|it| it.performance());
    performance.map_or_else(js_sys::Date::now, |it| it.time_origin() + it.now())
}
