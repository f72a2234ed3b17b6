//! Large texts of specs, such as the table of an MDP: once in a run's directory, by the SHA-256 of their bytes, and not in every
//! file that names the environment. Those files have `{"sha256": ..., "bytes": ...}` in their place, and the format [`FORMAT`].

use super::{RecordsError, files};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::artifact::ArtifactHash;
use shared::parameter::{self, Parameters};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Where they lie in a run's directory.
pub(super) const FOLDER: &str = "texts";
/// Suffix of their names.
pub(super) const SUFFIX: &str = "txt";
/// Format of the files that refer to one.
pub(super) const FORMAT: u32 = 2;
/// Texts of more bytes than this are large: about 200 recorded episodes would each hold them.
const LARGE: usize = 16 << 10;
/// Where files have parameters.
const PLACES: [&str; 3] = ["/spec/environment/parameters", "/spec/agent/parameters", "/environment/parameters"];

/// What stands in the place of a large text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    sha256: ArtifactHash,
    bytes: u64,
}

impl Reference {
    /// The file in a run's directory.
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        directory.join(FOLDER).join(self.name())
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        format!("{}.{SUFFIX}", self.sha256)
    }

    /// The text, if these bytes are it.
    pub(super) fn check(&self, bytes: Vec<u8>) -> io::Result<String> {
        let found = ArtifactHash::of(&bytes);
        let text = String::from_utf8(bytes).ok().filter(|_| found == self.sha256);
        text.ok_or_else(|| {
            io::Error::other(format!("its content has the SHA-256 {found}; another copy of it takes its place"))
        })
    }
}

/// Whether any of these is large.
pub(super) fn has_large(parameters: &Parameters) -> bool {
    parameters.values().any(|value| matches!(value, parameter::Value::Text(text) if text.len() > LARGE))
}

/// A file of a run's directory without its large texts, which lie beside it from now on.
pub(super) fn lay_beside(directory: &Path, file: &impl Serialize) -> Result<Value, RecordsError> {
    let unwritten = |error| RecordsError::File { path: directory.to_owned(), source: io::Error::other(error) };
    let mut file = serde_json::to_value(file).map_err(unwritten)?;
    for parameters in PLACES {
        let Some(parameters) = file.pointer_mut(parameters).and_then(Value::as_object_mut) else { continue };
        for value in parameters.values_mut() {
            let Some(text) = value.as_str().filter(|text| text.len() > LARGE) else { continue };
            let reference = Reference { sha256: ArtifactHash::of(text.as_bytes()), bytes: text.len() as u64 };
            let path = reference.path(directory);
            // Of the same name is of the same content.
            if fs::metadata(&path).map_or(true, |it| it.len() != reference.bytes) {
                let folder = directory.join(FOLDER);
                fs::create_dir_all(&folder).map_err(files::fault(&folder))?;
                files::write(&path, text.as_bytes())?;
            }
            *value = serde_json::to_value(reference).map_err(unwritten)?;
        }
    }
    set_format(&mut file, FORMAT);
    Ok(file)
}

/// A file with the texts that it refers to, in the format of files that refer to none.
pub(super) fn whole(
    mut file: Value,
    text_of: &dyn Fn(&Reference) -> Result<String, RecordsError>,
) -> Result<Value, RecordsError> {
    for parameters in PLACES {
        let Some(parameters) = file.pointer_mut(parameters).and_then(Value::as_object_mut) else { continue };
        for value in parameters.values_mut() {
            if let Ok(reference) = Reference::deserialize(&*value) {
                *value = text_of(&reference)?.into();
            }
        }
    }
    set_format(&mut file, FORMAT - 1);
    Ok(file)
}

fn set_format(file: &mut Value, format: u32) {
    if let Some(file) = file.as_object_mut() {
        file.insert("format".into(), format.into());
    }
}

/// Reads the texts of a run's directory.
pub(super) fn of(directory: &Path) -> impl Fn(&Reference) -> Result<String, RecordsError> {
    move |reference| {
        let path = reference.path(directory);
        fs::read(&path).and_then(|bytes| reference.check(bytes)).map_err(files::unread(&path))
    }
}

/// Names the texts of a run's directory as a command line takes them: `@FILE`.
pub(super) fn names_of(directory: &Path) -> impl Fn(&Reference) -> Result<String, RecordsError> {
    move |reference| Ok(format!("@{}", reference.path(directory).display()))
}
