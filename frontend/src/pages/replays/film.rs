//! A film of a stage: its canvas as the browser's own recorder takes it.

use crate::files::save_address;
use crate::frame_loop::{FrameGuard, each_frame};
use crate::stage::palette::ScenePalette;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BlobEvent, CanvasRenderingContext2d, HtmlCanvasElement, MediaRecorder, Url};

/// A film being taken. Dropping it ends it, and its file is offered.
pub(super) struct Film {
    recorder: MediaRecorder,
    #[expect(dead_code, reason = "dropping it ends the drawing")]
    drawing: FrameGuard,
}

impl Film {
    /// Begins to film a stage; none where the browser cannot. The file is offered under `name` when the film ends.
    pub(super) fn begin(stage: HtmlCanvasElement, name: &str) -> Option<Self> {
        // A stage lets the page shine through: the film is taken from a canvas with a background.
        let screen: HtmlCanvasElement = stage.owner_document()?.create_element("canvas").ok()?.dyn_into().ok()?;
        screen.set_width(stage.width());
        screen.set_height(stage.height());
        let context: CanvasRenderingContext2d = screen.get_context("2d").ok()??.dyn_into().ok()?;
        let recorder = MediaRecorder::new_with_media_stream(&screen.capture_stream().ok()?).ok()?;
        let name = name.to_owned();
        let taken = Closure::<dyn Fn(BlobEvent)>::new(move |event: BlobEvent| {
            let address = event.data().and_then(|film| Url::create_object_url_with_blob(&film).ok());
            if let Some(address) = address {
                save_address(&name, &address);
                let _ = Url::revoke_object_url(&address);
            }
        });
        recorder.set_ondataavailable(Some(taken.as_ref().unchecked_ref()));
        // The browser calls it after everything else has been let go.
        taken.forget();
        recorder.start().ok()?;
        let drawing = each_frame(move |_| {
            context.set_fill_style_str(&ScenePalette::present().card);
            context.fill_rect(0.0, 0.0, f64::from(screen.width()), f64::from(screen.height()));
            // A stage of no size is not drawn.
            let _ = context.draw_image_with_html_canvas_element(&stage, 0.0, 0.0);
        });
        Some(Self { recorder, drawing })
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // One that has ended by itself has given its file.
        let _ = self.recorder.stop();
    }
}
