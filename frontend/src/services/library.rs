//! The library: runs, recorded episodes, comparisons and settings that a visitor keeps in this browser.

use super::library_file::{ARCHIVE, Item, ItemContent, Packed};
use super::storage::{Storage, StorageError};
use js_sys::Uint8Array;
use shared::codec;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Event;

/// The event of the window that tells a place beside the page's program that items came into the library.
pub const LIBRARY_CHANGED: &str = "library-changed";

/// A deleted item, to be had back.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// What it was.
    pub item: Item,
    file: JsValue,
}

impl PartialEq for Deleted {
    fn eq(&self, other: &Self) -> bool {
        self.item == other.item
    }
}

impl Storage {
    /// Saves something under a name; `title` says what it is.
    pub async fn save(&self, name: &str, title: &str, content: &ItemContent) -> Result<Item, StorageError> {
        let file = content.to_file().await?;
        let saved_millis = js_sys::Date::now();
        let (kind, episodes, steps) = content.label();
        let item = Item {
            id: fresh_id(saved_millis),
            kind,
            name: name.to_owned(),
            title: title.to_owned(),
            note: String::new(),
            tags: Vec::new(),
            saved_millis,
            episodes,
            steps,
            bytes: file.len() as u64,
        };
        self.put_item(&item, &Uint8Array::from(file.as_slice())).await?;
        tell_changed();
        Ok(item)
    }

    /// All items, newest first.
    pub async fn list(&self) -> Result<Vec<Item>, StorageError> {
        let labels = self.labels().await?;
        let read = |label: JsValue| codec::from_kept(&label.dyn_into::<Uint8Array>().ok()?.to_vec()).ok();
        let mut items: Vec<Item> = labels.into_iter().filter_map(read).collect();
        items.sort_by(|one, other| other.saved_millis.total_cmp(&one.saved_millis));
        Ok(items)
    }

    /// What an item holds.
    pub async fn load(&self, item: &Item) -> Result<ItemContent, StorageError> {
        Ok(ItemContent::from_file(item.kind, &self.file(item).await?)?)
    }

    /// An item's file.
    pub async fn file(&self, item: &Item) -> Result<Vec<u8>, StorageError> {
        let file = self.item_file(&item.id).await?.ok_or_else(|| StorageError::Missing { name: item.name.clone() })?;
        Ok(file.unchecked_into::<Uint8Array>().to_vec())
    }

    /// Changes what the user says of an item: name, note, tags.
    pub async fn relabel(&self, item: &Item) -> Result<(), StorageError> {
        self.put_label(&item.id, &Uint8Array::from(codec::to_bytes(item)?.as_slice())).await
    }

    /// Deletes an item and gives it, to be had back; one that is not there is deleted already.
    pub async fn delete(&self, item: &Item) -> Result<Option<Deleted>, StorageError> {
        let file = self.remove_item(&item.id).await?;
        Ok(file.map(|file| Deleted { item: item.clone(), file }))
    }

    /// Brings a deleted item back.
    pub async fn restore(&self, deleted: &Deleted) -> Result<(), StorageError> {
        self.put_item(&deleted.item, &deleted.file).await
    }

    /// These items as one file.
    pub async fn archive(&self, items: &[Item]) -> Result<Vec<u8>, StorageError> {
        let mut packed = Vec::with_capacity(items.len());
        for item in items {
            packed.push(Packed { item: item.clone(), file: self.file(item).await? });
        }
        Ok([ARCHIVE.as_slice(), &codec::to_bytes(&packed)?].concat())
    }

    /// Takes the items of an archive in, and gives how many of them were not here yet.
    pub async fn take_in(&self, packed: &[Packed]) -> Result<usize, StorageError> {
        // What cannot be read is refused before anything is kept.
        packed.iter().try_for_each(|it| ItemContent::from_file(it.item.kind, &it.file).map(drop))?;
        let known = self.list().await?;
        let mut new = 0;
        for Packed { item, file } in packed {
            if known.iter().any(|it| it.id == item.id) {
                continue;
            }
            self.put_item(item, &Uint8Array::from(file.as_slice())).await?;
            new += 1;
        }
        tell_changed();
        Ok(new)
    }

    async fn put_item(&self, item: &Item, file: &JsValue) -> Result<(), StorageError> {
        let label = Uint8Array::from(codec::to_bytes(item)?.as_slice());
        self.put_file_and_label(&item.id, file, &label).await
    }
}

/// Whoever saves may have gone on to the library before it is done.
fn tell_changed() {
    if let (Some(window), Ok(changed)) = (web_sys::window(), Event::new(LIBRARY_CHANGED)) {
        // Only an event that is under way already is refused.
        let _ = window.dispatch_event(&changed);
    }
}

fn fresh_id(saved_millis: f64) -> String {
    format!("{saved_millis:.0}-{:06x}", (js_sys::Math::random() * f64::from(1 << 24)) as u32)
}
