//! The size of a canvas, told when it changes: asking for it in every frame would lay out the page every time.

use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlCanvasElement, MediaQueryList, MouseEvent, ResizeObserver};

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

/// The sizes of a window, as queries of the style sheet, from which on everything is this many times as large; the last that fits
/// counts. Canvases are no larger than they were, and what is written on them is.
const TYPE_SCALES: [(&str, f64); 3] = [
    ("(min-width: 1800px) and (min-height: 900px)", 1.1),
    ("(min-width: 2400px) and (min-height: 1200px)", 1.45),
    ("(min-width: 3400px) and (min-height: 1800px)", 2.0),
];

/// How large letters and lines on canvases are, as a multiple of those on a laptop.
pub fn type_scale() -> f64 {
    thread_local! {
        /// Lists that the browser keeps up to date: asking them lays nothing out.
        static QUERIES: Vec<(MediaQueryList, f64)> = {
            let list = |query: &str| web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
            TYPE_SCALES.iter().filter_map(|(query, scale)| Some((list(query)?, *scale))).collect()
        };
    }
    QUERIES.with(|queries| queries.iter().rfind(|(query, _)| query.matches()).map_or(1.0, |(_, scale)| *scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canvases_grow_where_the_style_sheet_lets_the_page_grow() {
        let sheet = include_str!("../style/media.css");
        for (query, scale) in TYPE_SCALES {
            let rules = sheet.split("\n@media ").find_map(|it| it.strip_prefix(query)).unwrap_or_default();
            assert!(rules.contains(&format!("--type: {scale};")), "{query} with {scale}");
        }
        assert_eq!(sheet.matches("--type: ").count(), TYPE_SCALES.len());
    }
}
