//! Files that a command must not write over: those that it reads, for what it makes would be the end of what it is made from, and where
//! it makes a new file, any that is there.

use crate::Error;
use crate::records::files;
use std::path::{Path, PathBuf};

/// Refuses to write what is read, by whatever names: one file has several by links. A folder that is read stands for everything in it.
/// Each file comes with the option that names it.
///
/// # Errors
/// Where a file or folder of `read` is one of `written`.
pub fn check<'a>(
    read: impl IntoIterator<Item = (&'a str, PathBuf)>,
    written: impl IntoIterator<Item = (&'a str, PathBuf)>,
) -> Result<(), Error> {
    let written: Vec<_> = written.into_iter().collect();
    for (input, source) in read {
        for (output, path) in &written {
            if is_same(&source, path) || is_within(path, &source) {
                let (path, input, output) = (path.clone(), input.to_owned(), (*output).to_owned());
                return Err(Error::WrittenInput { path, input, output });
            }
        }
    }
    Ok(())
}

/// Refuses to write over what is there.
///
/// # Errors
/// Where something of that name is there, be it a link that leads to nothing.
pub fn check_absent(file: &Path) -> Result<(), Error> {
    match std::fs::symlink_metadata(file) {
        Ok(_) => Err(Error::Present { path: file.to_owned() }),
        Err(_) => Ok(()),
    }
}

/// The files that settings of the form `NAME=@FILE` name.
pub fn named_by<'a>(option: &'a str, settings: &'a [String]) -> impl Iterator<Item = (&'a str, PathBuf)> {
    let file = |setting: &String| Some(PathBuf::from(setting.split_once('=')?.1.strip_prefix('@')?));
    settings.iter().filter_map(file).map(move |file| (option, file))
}

/// Whether two names are of one file, which may not be there yet. Terminals and pipes are read and written at once.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let is_special = |path: &Path| std::fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir());
    !is_special(one) && (whole(one) == whole(other) || is_one_file(one, other))
}

#[cfg(unix)]
fn is_one_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let of = |path: &Path| std::fs::metadata(path).map(|it| (it.dev(), it.ino()));
    of(one).is_ok_and(|one| of(other).is_ok_and(|other| one == other))
}

#[cfg(not(unix))]
const fn is_one_file(_: &Path, _: &Path) -> bool {
    false
}

/// Whether a file that is there lies in a folder.
fn is_within(file: &Path, folder: &Path) -> bool {
    folder.is_dir() && file.is_file() && whole(file).starts_with(whole(folder))
}

fn whole(path: &Path) -> PathBuf {
    let folder = std::fs::canonicalize(files::folder(path)).unwrap_or_else(|_| files::folder(path).to_owned());
    std::fs::canonicalize(path).unwrap_or_else(|_| folder.join(path.file_name().unwrap_or_default()))
}
