//! Patience: what a browser never answers is given up.

use gloo_timers::callback::Timeout;
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What `work` gives, or none after so many milliseconds; it goes on then, and `late` is told what comes of it.
pub async fn within<T: 'static>(
    millis: u32,
    work: impl Future<Output = T> + 'static,
    late: impl FnOnce(T) + 'static,
) -> Option<T> {
    let answer = Rc::new(RefCell::new(None));
    let mut begin = Some((work, late));
    let told = Rc::downgrade(&answer);
    let over = Promise::new(&mut |over, _| {
        let Some((work, late)) = begin.take() else { return };
        let over = move || {
            // Who waits is told, or has left.
            let _ = over.call0(&JsValue::NULL);
        };
        let timeout = Timeout::new(millis, over.clone());
        let told = told.clone();
        spawn_local(async move {
            let done = work.await;
            match told.upgrade() {
                Some(told) => {
                    told.replace(Some(done));
                    over();
                }
                None => late(done),
            }
            drop(timeout);
        });
    });
    // A promise that is only ever kept is not broken.
    let _ = JsFuture::from(over).await;
    answer.take()
}
