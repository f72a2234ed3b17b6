//! The words of this view, in one place, in the language of the page.

use crate::camera::CameraKind;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// An English text in the language of the page, of whose scripts this is one: as it is where its table has none.
    pub fn say(english: &str) -> String;
}

/// The key for the next camera, beside its button.
pub const NEXT_CAMERA_KEY: &str = "v";

/// The button for the next camera.
pub fn next_camera() -> String {
    say("Next camera")
}

/// The group of cameras.
pub fn cameras() -> String {
    say("Camera")
}

/// The switch for sounds.
pub fn sound() -> String {
    say("Sound")
}

/// No WebGL 2.
pub fn no_webgl() -> String {
    say("This browser has no WebGL 2, or has it switched off, so there is no 3D here. The flat picture goes on.")
}

/// The graphics card gave the picture up.
pub fn lost() -> String {
    say("The graphics card has taken the 3D picture away. The flat picture goes on; press 3D to try again.")
}

/// The picture that is offered to the eyes, for those who cannot see it.
pub fn picture() -> String {
    say("The same picture in three dimensions")
}

/// The name of a camera for programs, and for people.
pub fn camera(kind: CameraKind) -> (&'static str, String) {
    match kind {
        CameraKind::Chase => ("chase", say("Chase")),
        CameraKind::Driver => ("driver", say("Driver")),
        CameraKind::Top => ("top", say("Top")),
        CameraKind::Cinematic => ("cinematic", say("Cinematic")),
        CameraKind::Passenger => ("passenger", say("Passenger")),
        CameraKind::Eyes => ("eyes", say("Eyes")),
        CameraKind::Front => ("front", say("Front")),
        CameraKind::Corner => ("corner", say("Corner")),
    }
}

/// What went wrong on the graphics card.
pub fn no_picture(reason: &str) -> String {
    say("The 3D picture cannot be drawn ({message}). The flat picture goes on.").replace("{message}", reason)
}
