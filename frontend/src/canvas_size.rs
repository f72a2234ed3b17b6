//! The size of a canvas, told when it changes: asking for it in every frame would lay out the page every time.

use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlCanvasElement, MouseEvent, ResizeObserver};

/// The size of one canvas in CSS pixels.
#[derive(Debug)]
pub struct CanvasSize {
    size: Rc<Cell<(f64, f64)>>,
    observer: Option<ResizeObserver>,
    _changed: Closure<dyn Fn()>,
}

impl CanvasSize {
    /// Watches a canvas until this is dropped.
    pub fn watch(canvas: &HtmlCanvasElement) -> Self {
        let measure = {
            let canvas = canvas.clone();
            move || (f64::from(canvas.client_width()), f64::from(canvas.client_height()))
        };
        let size = Rc::new(Cell::new(measure()));
        let told = Rc::clone(&size);
        let changed = Closure::<dyn Fn()>::new(move || told.set(measure()));
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(canvas);
        }
        Self { size, observer, _changed: changed }
    }

    /// Width and height in CSS pixels.
    pub fn get(&self) -> (f64, f64) {
        self.size.get()
    }
}

impl Drop for CanvasSize {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// Where the pointer is on an element, as shares of its width and height: so it does not matter how the page is zoomed or
/// scaled, for which browsers count in different pixels.
pub fn share_under(element: &Element, event: &MouseEvent) -> (f64, f64) {
    let place = element.get_bounding_client_rect();
    let share = |point: i32, from: f64, size: f64| (f64::from(point) - from) / size.max(1e-6);
    (share(event.client_x(), place.left(), place.width()), share(event.client_y(), place.top(), place.height()))
}

/// Pixels of the screen per CSS pixel.
pub fn device_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio())
}
