//! The stage in three dimensions, which a visitor loads by pressing "3D". `frontend/later.js` opens and closes it.

use js_sys::Function;
use view3d::view::View;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

/// A view on show.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ShownView(View);

/// Opens a view within an element for an environment's scenes. `give_up` hears a sentence if it ends by itself.
#[wasm_bindgen]
pub fn open(root: &Element, environment: &str, give_up: Function) -> Result<ShownView, JsValue> {
    View::open(root, environment, give_up).map(ShownView)
}

#[wasm_bindgen]
impl ShownView {
    /// Shows a scene, as bytes of the shared codec.
    pub fn show(&self, scene: &[u8]) -> Result<(), JsValue> {
        self.0.show(scene).map_err(Into::into)
    }

    /// Ends the view.
    pub fn close(&self) {
        self.0.close();
    }
}

fn main() {
    console_error_panic_hook::set_once();
}
