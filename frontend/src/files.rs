//! Files: to the visitor's disk and from it.

use js_sys::{Array, Function, Reflect, Uint8Array, global};
use shared::agent_file::{self, AgentFileError};
use shared::checkpoint::Checkpoint;
use shared::codec::COMPRESS_ABOVE_BYTES;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, ReadableWritablePair, Response, Url};

/// Under this name the page's own program leaves a run file that was opened, for the program that shows it.
pub const OPENED_RUN_FILE: &str = "terrariumRunFile";

/// The checkpoint as a file's bytes, as [`agent_file::write`] gives it, but compressed by the browser.
pub async fn pack_agent(checkpoint: &Checkpoint) -> Result<Vec<u8>, AgentFileError> {
    let mut body = agent_file::body(checkpoint)?;
    if body.len() > COMPRESS_ABOVE_BYTES {
        // A browser that cannot compress keeps the larger file, which is as good.
        body = compressed(&body).await.unwrap_or(body);
    }
    Ok(agent_file::sealed(&body))
}

/// Compressed by the browser, as a zlib stream.
pub async fn compressed(bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    let compressor = Reflect::get(&global(), &"CompressionStream".into())?.dyn_into::<Function>()?;
    let stream: ReadableWritablePair =
        Reflect::construct(&compressor, &Array::of1(&"deflate".into()))?.unchecked_into();
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)))?;
    let packed = Response::new_with_opt_readable_stream(Some(&blob.stream().pipe_through(&stream)))?;
    let buffer = JsFuture::from(packed.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Offers a text as a file.
pub fn save_text(name: &str, kind: &str, text: &str) {
    save_bytes(name, kind, text.as_bytes());
}

/// Offers bytes as a file.
pub fn save_bytes(name: &str, kind: &str, bytes: &[u8]) {
    let parts = Array::of1(&Uint8Array::from(bytes).into());
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let address = Blob::new_with_u8_array_sequence_and_options(&parts, &options)
        .and_then(|blob| Url::create_object_url_with_blob(&blob));
    if let Ok(address) = address {
        save_address(name, &address);
        let _ = Url::revoke_object_url(&address);
    }
}

/// Offers what lies at an address as a file.
pub fn save_address(name: &str, address: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let link = document.create_element("a").ok().and_then(|it| it.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(address);
        link.set_download(name);
        link.click();
    }
}

/// Copies a text; whether it is in the clipboard now. Pages that came over plain http have none.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let navigator = window.navigator();
    if Reflect::get(&navigator, &"clipboard".into()).map_or(true, |it| it.is_undefined()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
