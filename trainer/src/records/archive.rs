//! A run directory as one zip file, there and back.

use super::config::RunConfig;
use super::directory::{self, RunDirectory};
use super::{RecordsError, files, texts};
use shared::RunId;
use shared::agent_file;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write as _};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Most bytes that an archive unpacks to, 16 GiB: far above any run, and below what fills a disk unseen.
const MOST_BYTES: u64 = 16 << 30;
/// Files of a run beside those in folders.
const FILES: [&str; 3] = ["config.json", "metrics.jsonl", "summary.json"];
const FOLDERS: [(&str, &str); 3] =
    [("weights", agent_file::SUFFIX), ("replays", "json"), (texts::FOLDER, texts::SUFFIX)];

/// Writes a run into a new archive, all of it or nothing.
pub fn export(run: &RunDirectory, archive: &Path) -> Result<(), RecordsError> {
    let place = PathBuf::from(run.config_in_short()?.place());
    let refused = |source: io::Error| files::fault(archive)(source);
    let (file, part) = files::begin_part(files::folder(archive)).map_err(refused)?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let how = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    for name in whole_files(run)? {
        let path = run.path().join(&name);
        let mut file = File::open(&path).map_err(files::unread(&path))?;
        zip.start_file_from_path(place.join(&name), how).map_err(|error| refused(error.into()))?;
        io::copy(&mut file, &mut zip).map_err(refused)?;
    }
    let put = || {
        let mut written = zip.finish()?;
        written.flush()?;
        written.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        part.persist_noclobber(archive)?;
        files::sync_folder(files::folder(archive))
    };
    put().map_err(files::fault(archive))
}

/// The files of a run that belong to it, from its directory.
fn whole_files(run: &RunDirectory) -> Result<Vec<PathBuf>, RecordsError> {
    let present = FILES.iter().filter(|name| run.path().join(name).is_file());
    let mut names: Vec<PathBuf> = present.map(PathBuf::from).collect();
    for (folder, ending) in FOLDERS {
        let inside = files::names(&run.path().join(folder))?;
        names.extend(inside.iter().filter(|it| belongs(it, ending)).map(|it| Path::new(folder).join(it)));
    }
    Ok(names)
}

/// Whether a file of this name may lie in a run's folder.
fn belongs(name: &str, ending: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    !name.starts_with('.') && name.bytes().all(plain) && name.ends_with(&format!(".{ending}"))
}

/// Unpacks an archive below a folder, under its own name or another one; gives the run. Everything is unpacked beside its place and
/// read through before it appears there.
pub fn import(archive: &Path, root: &Path, name: Option<&RunId>) -> Result<RunDirectory, RecordsError> {
    directory::check_root(root)?;
    let refused = |reason: String| RecordsError::Archive { path: archive.into(), reason };
    let file = File::open(archive).map_err(files::unread(archive))?;
    let mut zip = ZipArchive::new(BufReader::new(file))
        .map_err(|error| refused(format!("it is no whole zip file ({error}); download or copy it again")))?;
    fs::create_dir_all(root).map_err(files::fault(root))?;
    let part = tempfile::Builder::new().prefix(files::PART).tempdir_in(root).map_err(files::fault(root))?;
    let place =
        unpack(&mut zip, part.path()).map_err(|reason| refused(reason.unwrap_or_else(|error| error.to_string())))?;
    let unpacked = RunDirectory::find(part.path(), &place).map_err(|_| refused("it holds no config.json".into()))?;
    let config = unpacked.config()?;
    if place != Path::new(&config.place()) {
        return Err(refused(format!(
            "its config.json is of the run {}, and it lies in {}",
            config.place(),
            place.display()
        )));
    }
    for weights in unpacked.weights()? {
        unpacked.read_weights(&weights)?;
    }
    let run = name.unwrap_or(&config.run);
    let environment = root.join(&config.spec.environment.id);
    let target = environment.join(run.as_str());
    if target.exists() {
        return Err(refused(format!("there is a run in {} already; --as NAME gives it another one", target.display())));
    }
    RunConfig { run: run.clone(), ..config }.write(&unpacked.path().join("config.json"))?;
    fs::create_dir_all(&environment).map_err(files::fault(&environment))?;
    fs::rename(unpacked.path(), &target).map_err(files::fault(&target))?;
    files::sync_folder(&environment).map_err(files::fault(&environment))?;
    RunDirectory::find(root, &target)
}

/// What the run in an archive is, and the lines of its `metrics.jsonl`.
pub fn told(archive: &Path) -> Result<(RunConfig, Vec<u8>), RecordsError> {
    let refused = |reason: String| RecordsError::Archive { path: archive.into(), reason };
    let file = File::open(archive).map_err(files::unread(archive))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| refused(error.to_string()))?;
    let (mut config, mut metrics, mut large) = (None, None, BTreeMap::new());
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|error| refused(error.to_string()))?;
        let name = entry.name().map_err(|error| refused(error.to_string()))?.into_owned();
        let name = Path::new(&name).file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        let wanted = match name.as_str() {
            "config.json" => &mut config,
            "metrics.jsonl" => &mut metrics,
            _ if name.ends_with(&format!(".{}", texts::SUFFIX)) => large.entry(name).or_default(),
            _ => continue,
        };
        let mut bytes = Vec::new();
        entry.take(MOST_BYTES).read_to_end(&mut bytes).map_err(files::unread(archive))?;
        *wanted = Some(bytes);
    }
    let (Some(config), Some(metrics)) = (config, metrics) else {
        return Err(refused(
            "it holds no config.json and metrics.jsonl, as `terrarium runs export` writes them".into(),
        ));
    };
    let text_of = |reference: &texts::Reference| {
        let bytes = large.get(&reference.name()).cloned().flatten().unwrap_or_default();
        reference.check(bytes).map_err(|error| refused(format!("{}: {error}", reference.name())))
    };
    Ok((RunConfig::parse(archive, &config, &text_of)?, metrics))
}

/// Unpacks every entry below a folder; gives where the run lies in it. An error is a reason, or the system's.
fn unpack(zip: &mut ZipArchive<impl Read + Seek>, into: &Path) -> Result<PathBuf, Result<String, io::Error>> {
    let (mut place, mut bytes) = (None::<PathBuf>, 0_u64);
    for index in 0..zip.len() {
        let mut entry =
            zip.by_index(index).map_err(|error| Ok(format!("its entry {index} cannot be read: {error}")))?;
        let name =
            entry.name().map_err(|error| Ok(format!("the name of its entry {index} cannot be read: {error}")))?;
        let name = name.into_owned();
        if entry.is_dir() {
            continue;
        }
        let run = place_of(&name).filter(|_| !entry.is_symlink()).ok_or_else(|| {
            Ok(format!("its entry {name:?} is no file of a run; they are ENV/RUN/config.json, weights/ and the like, and lead nowhere else"))
        })?;
        if place.get_or_insert_with(|| run.clone()) != &run {
            return Err(Ok("it holds several runs".into()));
        }
        let path = into.join(&name);
        fs::create_dir_all(files::folder(&path)).map_err(Err)?;
        let mut file = File::create_new(&path).map_err(Err)?;
        bytes += io::copy(&mut (&mut entry).take(MOST_BYTES - bytes + 1), &mut file)
            .map_err(|error| Ok(format!("its entry {name:?} cannot be unpacked: {error}")))?;
        if bytes > MOST_BYTES {
            return Err(Ok(format!("it unpacks to more than {MOST_BYTES} bytes")));
        }
        file.sync_all().map_err(Err)?;
    }
    let place = place.ok_or_else(|| Ok("it is empty".into()))?;
    for (folder, _) in FOLDERS {
        fs::create_dir_all(into.join(&place).join(folder)).map_err(Err)?;
    }
    Ok(place)
}

/// `<environment>/<run>` of an entry, if it is a file of a run.
fn place_of(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split('/').collect();
    let (environment, run) = (*parts.first()?, *parts.get(1)?);
    RunId::new(environment).ok()?;
    RunId::new(run).ok()?;
    let fits = match parts[2..] {
        [file] => FILES.contains(&file),
        [folder, file] => FOLDERS.iter().any(|(known, ending)| *known == folder && belongs(file, ending)),
        _ => false,
    };
    fits.then(|| Path::new(environment).join(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_files_of_a_run() {
        assert_eq!(place_of("snake/ppo-seed1/config.json"), Some(PathBuf::from("snake/ppo-seed1")));
        assert!(place_of("snake/ppo-seed1/weights/latest.terrarium").is_some());
        for climbing in [
            "../snake/run/config.json",
            "snake/../config.json",
            "/snake/run/config.json",
            "snake/run/weights/../../config.json",
            "snake/run/weights/..",
            "snake/run/weights/.terrarium",
            "snake/run\\..\\x/config.json",
            "snake/run/weights/a b.terrarium",
            "snake/run/lock",
            "config.json",
        ] {
            assert_eq!(place_of(climbing), None, "{climbing}");
        }
    }
}
