//! Light or dark: as the system has it, unless somebody chose.

use std::cell::Cell;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

const STORAGE_KEY: &str = "terrarium.theme";

thread_local! {
    static GENERATION: Cell<u64> = const { Cell::new(1) };
}

/// Who decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system.
    #[default]
    System,
    /// Paper by day.
    Light,
    /// Moss by night.
    Dark,
}

impl Theme {
    /// The remembered choice.
    pub fn load() -> Self {
        let chosen = web_sys::window().and_then(|it| it.local_storage().ok().flatten()?.get_item(STORAGE_KEY).ok()?);
        match chosen.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Shows it and remembers it. Where nothing can be stored it holds until the page is left.
    pub fn apply(self) {
        let Some(window) = web_sys::window() else { return };
        let root = window.document().and_then(|it| it.document_element());
        let storage = window.local_storage().ok().flatten();
        let name = match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        };
        if let Some(root) = root {
            let _ = match name {
                Some(name) => root.set_attribute("data-theme", name),
                None => root.remove_attribute("data-theme"),
            };
        }
        if let Some(storage) = storage {
            let _ = match name {
                Some(name) => storage.set_item(STORAGE_KEY, name),
                None => storage.remove_item(STORAGE_KEY),
            };
        }
        renew();
    }

    /// The other look than the one shown now. What the system shows is left to it again, so that it may change by night.
    #[must_use]
    pub fn toggled(self) -> Self {
        Self::that_shows(!self.is_dark(), system_is_dark())
    }

    const fn that_shows(dark: bool, system_is_dark: bool) -> Self {
        match (dark, system_is_dark) {
            (true, false) => Self::Dark,
            (false, true) => Self::Light,
            _ => Self::System,
        }
    }

    /// Whether the dark look is shown.
    pub fn is_dark(self) -> bool {
        match self {
            Self::System => system_is_dark(),
            Self::Light => false,
            Self::Dark => true,
        }
    }
}

/// The number of the present look: another one means that canvases must be drawn anew.
pub fn generation() -> u64 {
    GENERATION.get()
}

/// Follows the system when it changes between day and night.
pub fn follow_system() {
    let Some(query) = query("(prefers-color-scheme: dark)") else { return };
    let changed = Closure::<dyn Fn()>::new(renew);
    let _ = query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
    changed.forget();
}

/// Follows the look that another program of this page chooses.
pub fn follow_page() {
    follow_system();
    let root = web_sys::window().and_then(|it| it.document()?.document_element());
    let changed = Closure::<dyn Fn()>::new(renew);
    let observer = web_sys::MutationObserver::new(changed.as_ref().unchecked_ref()).ok();
    if let (Some(root), Some(observer)) = (root, observer) {
        let attributes = web_sys::MutationObserverInit::new();
        attributes.set_attributes(true);
        let _ = observer.observe_with_options(&root, &attributes);
        changed.forget();
    }
}

/// Whether the system asks for less motion.
pub fn wants_stillness() -> bool {
    query("(prefers-reduced-motion: reduce)").is_some_and(|it| it.matches())
}

fn renew() {
    GENERATION.set(GENERATION.get() + 1);
}

fn system_is_dark() -> bool {
    query("(prefers-color-scheme: dark)").is_some_and(|it| it.matches())
}

fn query(query: &str) -> Option<web_sys::MediaQueryList> {
    web_sys::window()?.match_media(query).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_toggles_twice_follows_the_system_again() {
        assert_eq!(Theme::that_shows(true, false), Theme::Dark);
        assert_eq!(Theme::that_shows(false, false), Theme::System);
        assert_eq!(Theme::that_shows(false, true), Theme::Light);
        assert_eq!(Theme::that_shows(true, true), Theme::System);
    }
}
