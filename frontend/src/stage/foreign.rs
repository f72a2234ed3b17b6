//! Pictures by publishers that draw their own: of environments that are not ours.

use crate::pulse::use_pulse;
use crate::session::Session;
use crate::text;
use js_sys::{Array, Uint8Array};
use shared::event::Image;
use web_sys::{Blob, BlobPropertyBag, Url};
use yew::prelude::*;

/// Whose run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ForeignPictureProps {
    /// The run.
    pub session: Session,
}

/// The newest picture over the stage, where the run has pictures of its own and none of ours.
#[component]
pub fn ForeignPicture(props: &ForeignPictureProps) -> Html {
    let image = use_pulse(&props.session, |view| view.image.clone().filter(|_| view.frame.is_none()));
    let shown = use_memo(image, |image| image.as_ref().and_then(|it| Some((it.clone(), PictureAddress::of(it)?))));
    let Some((image, address)) = &*shown else { return Html::default() };
    let words = image.caption.clone().unwrap_or_else(|| text::foreign_picture(&image.name, image.step));
    html! {
        <img class="foreign-picture" data-testid="foreign-picture" data-value={image.step.to_string()} src={address.0.clone()} alt={words}
            decoding="sync" />
    }
}

/// Where the browser finds a picture, for as long as this lives.
#[derive(Debug, PartialEq)]
struct PictureAddress(String);

impl PictureAddress {
    fn of(image: &Image) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type(image.format.media_type());
        let bytes = Array::of1(&Uint8Array::from(&image.content[..]));
        let blob = Blob::new_with_u8_array_sequence_and_options(&bytes, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }
}

impl Drop for PictureAddress {
    fn drop(&mut self) {
        // What is not there any more needs no giving back.
        let _ = Url::revoke_object_url(&self.0);
    }
}
