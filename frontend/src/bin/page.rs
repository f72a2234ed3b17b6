//! The page.

fn main() {
    console_error_panic_hook::set_once();
    let root = web_sys::window().and_then(|window| window.document()?.get_element_by_id("page"));
    if let Some(root) = root {
        yew::Renderer::<frontend::app::App>::with_root(root).render();
    }
}
