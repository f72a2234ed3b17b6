//! What stands over the picture: figures and bars, and the buttons for cameras and sounds.

use crate::camera::CameraKind;
use crate::instruments::{Instruments, Meter};
use crate::words;
use shared::scene::Ink;
use wasm_bindgen::JsValue;
use web_sys::{Document, Element};

/// The elements over the picture.
#[derive(Debug)]
pub struct Hud {
    document: Document,
    figures: Element,
    meters: Element,
    message: Element,
    cameras: Vec<Element>,
    /// The switch for sounds.
    pub sound: Element,
    shown: Instruments,
}

impl Hud {
    /// Adds everything to `root`, with a button for every camera.
    pub fn add(document: &Document, root: &Element, cameras: &[CameraKind]) -> Result<Self, JsValue> {
        let panel = child(document, root, "div", "view3d-hud")?;
        panel.set_attribute("data-testid", "hud-3d")?;
        let figures = child(document, &panel, "p", "view3d-figures")?;
        let meters = child(document, &panel, "div", "view3d-meters")?;
        let message = child(document, root, "p", "view3d-message")?;
        message.set_attribute("hidden", "")?;
        let bar = child(document, root, "div", "view3d-bar")?;
        let group = child(document, &bar, "div", "view3d-cameras")?;
        for (name, value) in [("role", "group"), ("aria-label", &*words::cameras())] {
            group.set_attribute(name, value)?;
        }
        let buttons = cameras.iter().map(|kind| {
            let button = child(document, &group, "button", "button")?;
            let (name, shown) = words::camera(*kind);
            button.set_text_content(Some(&shown));
            button.set_attribute("type", "button")?;
            button.set_attribute("data-testid", &format!("camera-{name}"))?;
            button.set_attribute("title", &format!("{} ({})", words::next_camera(), words::NEXT_CAMERA_KEY))?;
            Ok(button)
        });
        let cameras = buttons.collect::<Result<Vec<_>, JsValue>>()?;
        let sound = child(document, &bar, "button", "button")?;
        sound.set_text_content(Some(&words::sound()));
        for (name, value) in [("type", "button"), ("data-testid", "sound-3d"), ("aria-pressed", "false")] {
            sound.set_attribute(name, value)?;
        }
        let shown = Instruments::default();
        Ok(Self { document: document.clone(), figures, meters, message, cameras, sound, shown })
    }

    /// The buttons of the cameras, in their order.
    pub fn cameras(&self) -> &[Element] {
        &self.cameras
    }

    /// Shows which camera is in use.
    pub fn mark(&self, camera: usize) {
        for (index, button) in self.cameras.iter().enumerate() {
            // An attribute with a fixed name cannot be refused.
            let _ = button.set_attribute("aria-pressed", if index == camera { "true" } else { "false" });
        }
    }

    /// Shows the figures of the moment.
    pub fn show(&mut self, instruments: Instruments) -> Result<(), JsValue> {
        if instruments.figures != self.shown.figures {
            self.figures.set_text_content(None);
            for figure in &instruments.figures {
                child(&self.document, &self.figures, "span", "")?.set_text_content(Some(figure));
            }
        }
        if instruments.meters != self.shown.meters {
            self.show_meters(&instruments.meters)?;
        }
        if instruments.message != self.shown.message {
            self.message.set_text_content(Some(&words::say(&instruments.message)));
            if instruments.message.is_empty() {
                self.message.set_attribute("hidden", "")?;
            } else {
                self.message.remove_attribute("hidden")?;
            }
        }
        self.shown = instruments;
        Ok(())
    }

    fn show_meters(&self, meters: &[Meter]) -> Result<(), JsValue> {
        while self.meters.child_element_count() as usize > meters.len() {
            if let Some(last) = self.meters.last_element_child() {
                last.remove();
            }
        }
        for (index, meter) in meters.iter().enumerate() {
            let row = if let Some(row) = self.meters.children().item(index as u32) {
                row
            } else {
                let row = child(&self.document, &self.meters, "div", "view3d-meter")?;
                child(&self.document, &row, "span", "")?;
                child(&self.document, &row, "b", "number")?;
                child(&self.document, &row, "i", "")?;
                row
            };
            let parts = row.children();
            if let (Some(label), Some(value), Some(bar)) = (parts.item(0), parts.item(1), parts.item(2)) {
                label.set_text_content(Some(&words::say(&meter.label)));
                value.set_text_content(Some(&meter.value));
                let style = format!("--share:{:.3};--colour:{}", meter.share, variable(meter.ink));
                bar.set_attribute("style", &style)?;
            }
        }
        Ok(())
    }
}

/// The colour of a bar as the style sheet names it.
const fn variable(ink: Ink) -> &'static str {
    match ink {
        Ink::Go => "var(--scene-go)",
        Ink::Caution => "var(--scene-caution)",
        Ink::Danger | Ink::Stop => "var(--scene-stop)",
        Ink::Water => "var(--blue)",
        _ => "var(--scene-agent)",
    }
}

/// A new element within another one.
fn child(document: &Document, parent: &Element, tag: &str, class: &str) -> Result<Element, JsValue> {
    let made = document.create_element(tag)?;
    if !class.is_empty() {
        made.set_attribute("class", class)?;
    }
    parent.append_child(&made)?;
    Ok(made)
}
