//! The worker in which a run lives.

fn main() {
    console_error_panic_hook::set_once();
    if let Err(error) = frontend::worker::start() {
        web_sys::console::error_1(&error);
    }
}
