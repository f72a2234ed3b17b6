//! One animation loop for every canvas of the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

type Draw = Rc<RefCell<dyn FnMut(f64)>>;

thread_local! {
    static DRAWS: RefCell<Vec<(u64, Draw)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static TICK: Closure<dyn FnMut(f64)> = Closure::new(tick);
}

/// A place in the loop; dropping it leaves the loop.
#[derive(Debug)]
pub struct FrameGuard(u64);

impl Drop for FrameGuard {
    fn drop(&mut self) {
        DRAWS.with_borrow_mut(|draws| draws.retain(|(id, _)| *id != self.0));
    }
}

/// Calls `draw` before every repaint with the time in milliseconds, until the guard is dropped.
#[must_use = "dropping the guard ends the drawing"]
pub fn each_frame(draw: impl FnMut(f64) + 'static) -> FrameGuard {
    let id = NEXT.replace(NEXT.get() + 1);
    DRAWS.with_borrow_mut(|draws| draws.push((id, Rc::new(RefCell::new(draw)))));
    if !RUNNING.replace(true) {
        request();
    }
    FrameGuard(id)
}

fn tick(now: f64) {
    let draws: Vec<_> = DRAWS.with_borrow(|draws| draws.iter().map(|(_, draw)| Rc::clone(draw)).collect());
    for draw in &draws {
        if let Ok(mut draw) = draw.try_borrow_mut() {
            draw(now);
        }
    }
    RUNNING.set(!draws.is_empty());
    if !draws.is_empty() {
        request();
    }
}

fn request() {
    TICK.with(|tick| {
        if let Some(window) = web_sys::window() {
            let _ = window.request_animation_frame(tick.as_ref().unchecked_ref());
        }
    });
}
