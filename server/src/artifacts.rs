//! Artifacts: files that publishers leave for those who watch their runs, such as saved agents.
//!
//! Each is a file below `artifacts/<run>` of the data directory, named by the SHA-256 of its content. It comes in parts, and goes on
//! where an earlier connection left it. What is incomplete ends with `.part` and is given to nobody.

use sha2::{Digest as _, Sha256};
use shared::RunId;
use shared::artifact::{ArtifactHash, PART_BYTES};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// A run has at most this share of the room for all.
const RUN_SHARE: u64 = 4;

/// Most files of a run.
const MOST_FILES: usize = 4096;

/// How the name of what is incomplete ends.
const PART: &str = "part";

/// How the name of what was found damaged ends.
const DAMAGED: &str = "damaged";

/// Why a part is not taken. What is kept stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArtifactFault {
    #[error(
        "{length} bytes more do not fit beside the {kept} that are kept of this run: {most} bytes and {MOST_FILES} files are the \
         most; the run goes on, and this file stays with its sender. --keep-artifact-bytes of the relay makes room"
    )]
    Full { length: u64, kept: u64, most: u64 },
    #[error("the part reaches beyond the {length} bytes of the whole; send it with its right length")]
    Beyond { length: u64 },
    #[error("its {length} bytes have another SHA-256 than the one that it is called by; send it anew")]
    OtherContent { length: u64 },
    #[error("{kept} bytes of {hash} are here, and what follows begins at {offset}: a part between them is missing")]
    Hole { hash: ArtifactHash, kept: u64, offset: u64 },
    #[error("it cannot be stored ({0}); it stays with its sender")]
    Storage(#[from] io::Error),
}

/// The artifacts of all runs.
#[derive(Debug)]
pub(crate) struct Artifacts {
    folder: PathBuf,
    most_bytes: u64,
    writing: Mutex<()>,
}

/// What is kept of a run, or of all.
#[derive(Clone, Copy, Debug, Default)]
struct KeptArtifacts {
    files: usize,
    bytes: u64,
    newest: Option<SystemTime>,
}

impl Artifacts {
    /// Those of a data directory, of so many bytes at most.
    pub(crate) fn new(data: &Path, most_bytes: u64) -> Self {
        Self { folder: folder(data), most_bytes, writing: Mutex::default() }
    }

    /// Forgets what belongs to no run of these.
    pub(crate) fn retain(&self, runs: &BTreeSet<RunId>) -> io::Result<()> {
        for run in self.runs()?.into_iter().filter(|it| !runs.contains(it)) {
            self.remove(&run)?;
        }
        Ok(())
    }

    /// Takes a part in, and tells how many bytes are kept; without content it only tells.
    pub(crate) fn put(
        &self,
        run: &RunId,
        (hash, length): (ArtifactHash, u64),
        offset: u64,
        content: &[u8],
    ) -> Result<u64, ArtifactFault> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = self.path(run, hash);
        if whole.is_file() {
            return Ok(length);
        }
        let part = whole.with_extension(PART);
        let kept = length_of(&part)?.unwrap_or(0);
        // All bytes are there and the file is not where it belongs if the disk failed or this process was killed at its end.
        if kept != length || length == 0 {
            if offset != kept || (content.is_empty() && length > 0) {
                return Ok(kept);
            }
            let end = kept + content.len() as u64;
            if end > length {
                return Err(ArtifactFault::Beyond { length });
            }
            if kept == 0 {
                self.make_room(run, length)?;
                fs::create_dir_all(self.folder.join(run.as_str()))?;
            }
            let mut file = OpenOptions::new().create(true).append(true).open(&part)?;
            if let Err(error) = file.write_all(content) {
                // The log of this run and of all others needs what little room there is.
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                    fs::remove_file(&part)?;
                }
                return Err(error.into());
            }
            if end < length {
                return Ok(end);
            }
        }
        OpenOptions::new().append(true).open(&part)?.sync_all()?;
        if hash_of(&part)? != hash.to_string() {
            fs::remove_file(&part)?;
            return Err(ArtifactFault::OtherContent { length });
        }
        fs::rename(&part, &whole)?;
        Ok(length)
    }

    /// Gives a part from an offset on, and the length of the whole; none where it is not complete.
    pub(crate) fn part(&self, run: &RunId, hash: ArtifactHash, offset: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
        let path = self.path(run, hash);
        let Some(length) = length_of(&path)? else { return Ok(None) };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset.min(length)))?;
        let mut content = Vec::new();
        file.take(PART_BYTES as u64).read_to_end(&mut content)?;
        Ok(Some((length, content)))
    }

    /// Those of a run that are complete, with their lengths.
    pub(crate) fn list(&self, run: &RunId) -> io::Result<Vec<(ArtifactHash, u64)>> {
        let mut found = Vec::new();
        for file in entries(&self.folder.join(run.as_str()))? {
            let named = file.file_name().into_string().ok().and_then(|name| ArtifactHash::try_from(name).ok());
            if let Some(hash) = named {
                found.push((hash, file.metadata()?.len()));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Those whose content has another SHA-256 than their names say, as after a fault of the disk. Reads every one.
    pub(crate) fn damaged(&self) -> io::Result<Vec<(RunId, ArtifactHash)>> {
        let mut damaged = Vec::new();
        for run in self.runs()? {
            for (hash, _) in self.list(&run)? {
                // The relay beside may give it up meanwhile.
                let found = there(hash_of(&self.path(&run, hash)))?;
                if found.is_some_and(|found| found != hash.to_string()) {
                    damaged.push((run.clone(), hash));
                }
            }
        }
        Ok(damaged)
    }

    /// Puts a damaged one aside, so that nobody is given it and its publisher can send it anew.
    pub(crate) fn put_aside(&self, run: &RunId, hash: ArtifactHash) -> io::Result<()> {
        let path = self.path(run, hash);
        fs::rename(&path, path.with_extension(DAMAGED))
    }

    /// How many files and bytes are kept of all runs together, what is incomplete included.
    pub(crate) fn count(&self) -> io::Result<(usize, u64)> {
        let mut all = (0, 0);
        for run in self.runs()? {
            let kept = self.kept(&run)?;
            all = (all.0 + kept.files, all.1 + kept.bytes);
        }
        Ok(all)
    }

    /// Where the file of an artifact is, once it is complete.
    pub(crate) fn path(&self, run: &RunId, hash: ArtifactHash) -> PathBuf {
        self.folder.join(run.as_str()).join(hash.to_string())
    }

    /// Forgets all of a run.
    pub(crate) fn remove(&self, run: &RunId) -> io::Result<()> {
        remove(&self.folder, run)
    }

    /// Gives up what is kept of other runs, of those first that got nothing new for longest, until there is room.
    fn make_room(&self, run: &RunId, length: u64) -> Result<(), ArtifactFault> {
        let own = self.kept(run)?;
        let most = self.most_bytes / RUN_SHARE;
        if own.bytes.saturating_add(length) > most || own.files >= MOST_FILES {
            return Err(ArtifactFault::Full { length, kept: own.bytes, most });
        }
        let mut others = Vec::new();
        for other in self.runs()?.into_iter().filter(|it| it != run) {
            others.push((self.kept(&other)?, other));
        }
        others.sort_by_key(|(kept, _)| std::cmp::Reverse(kept.newest));
        let mut all = own.bytes + length + others.iter().map(|(kept, _)| kept.bytes).sum::<u64>();
        while all > self.most_bytes {
            let Some((kept, other)) = others.pop() else { break };
            tracing::info!(run = %other, bytes = kept.bytes, "its artifacts were given up to make room");
            self.remove(&other)?;
            all -= kept.bytes;
        }
        Ok(())
    }

    fn kept(&self, run: &RunId) -> io::Result<KeptArtifacts> {
        let mut kept = KeptArtifacts::default();
        for file in entries(&self.folder.join(run.as_str()))? {
            let metadata = file.metadata()?;
            kept.files += 1;
            kept.bytes += metadata.len();
            kept.newest = kept.newest.max(metadata.modified().ok());
        }
        Ok(kept)
    }

    fn runs(&self) -> io::Result<Vec<RunId>> {
        let names = entries(&self.folder)?.into_iter().filter_map(|it| it.file_name().into_string().ok());
        Ok(names.filter_map(|it| RunId::new(it).ok()).collect())
    }
}

/// Where a data directory has them.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("artifacts")
}

/// Copies what is complete from one folder into another, but for what is there already; gives how many files and bytes it copied.
pub(crate) fn copy(from: &Path, into: &Path) -> io::Result<(usize, u64)> {
    let [from, into] = [from, into].map(|it| Artifacts { folder: it.into(), most_bytes: 0, writing: Mutex::default() });
    let (mut files, mut bytes) = (0, 0);
    for run in from.runs()? {
        for (hash, length) in from.list(&run)? {
            let whole = into.path(&run, hash);
            if length_of(&whole)? == Some(length) {
                continue;
            }
            fs::create_dir_all(into.folder.join(run.as_str()))?;
            let part = whole.with_extension(PART);
            // The relay beside may give it up meanwhile.
            if there(fs::copy(from.path(&run, hash), &part))?.is_some() {
                fs::rename(&part, &whole)?;
                (files, bytes) = (files + 1, bytes + length);
            }
        }
    }
    Ok((files, bytes))
}

/// Forgets all of a run.
pub(crate) fn remove(folder: &Path, run: &RunId) -> io::Result<()> {
    there(fs::remove_dir_all(folder.join(run.as_str()))).map(drop)
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    there(fs::read_dir(folder))?.into_iter().flatten().collect()
}

fn length_of(path: &Path) -> io::Result<Option<u64>> {
    Ok(there(fs::metadata(path))?.map(|it| it.len()))
}

/// None for what is not there.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The SHA-256 of a file, as text.
fn hash_of(path: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut piece) = (File::open(path)?, Sha256::new(), vec![0; 64 << 10]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(&piece[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> RunId {
        RunId::new(name).unwrap()
    }

    fn put(artifacts: &Artifacts, run: &RunId, bytes: &[u8]) -> Result<u64, ArtifactFault> {
        artifacts.put(run, (ArtifactHash::of(bytes), bytes.len() as u64), 0, bytes)
    }

    #[test]
    fn a_file_comes_in_parts_and_goes_on_where_it_was_left() {
        let data = tempfile::TempDir::new().unwrap();
        let artifacts = Artifacts::new(data.path(), 1 << 20);
        let (a, bytes) = (run("a"), b"0123456789");
        let named = (ArtifactHash::of(bytes), 10);
        assert_eq!(artifacts.put(&a, named, 0, &[]).unwrap(), 0);
        assert_eq!(artifacts.put(&a, named, 0, b"0123").unwrap(), 4);
        assert_eq!(artifacts.put(&a, named, 0, b"0123").unwrap(), 4, "what is kept already is not taken twice");
        assert_eq!(artifacts.put(&a, named, 6, b"6789").unwrap(), 4, "nor what leaves a hole");
        assert!(artifacts.part(&a, named.0, 0).unwrap().is_none() && artifacts.list(&a).unwrap().is_empty());
        let again = Artifacts::new(data.path(), 1 << 20);
        assert_eq!(again.put(&a, named, 0, &[]).unwrap(), 4);
        assert_eq!(again.put(&a, named, 4, b"456789").unwrap(), 10);
        assert_eq!(again.list(&a).unwrap(), [named]);
        assert_eq!(again.part(&a, named.0, 7).unwrap(), Some((10, b"789".to_vec())));
        assert_eq!(again.part(&a, named.0, 99).unwrap(), Some((10, Vec::new())));
        assert_eq!(again.put(&a, named, 0, bytes).unwrap(), 10, "it is there");
        again.remove(&a).unwrap();
        assert!(again.list(&a).unwrap().is_empty());
    }

    #[test]
    fn a_file_whose_bytes_are_all_there_is_finished_when_its_sender_asks() {
        let data = tempfile::TempDir::new().unwrap();
        let artifacts = Artifacts::new(data.path(), 1 << 20);
        let (a, bytes) = (run("a"), b"0123456789");
        let named = (ArtifactHash::of(bytes), 10);
        artifacts.put(&a, named, 0, b"0123").unwrap();
        // As a relay leaves it that is killed, or whose disk fails, before it gives the file its name.
        fs::write(artifacts.path(&a, named.0).with_extension(PART), bytes).unwrap();
        assert_eq!(artifacts.put(&a, named, 0, &[]).unwrap(), 10);
        assert_eq!(artifacts.list(&a).unwrap(), [named]);
        fs::write(artifacts.path(&a, ArtifactHash::of(b"right")).with_extension(PART), b"wrong").unwrap();
        let other = artifacts.put(&a, (ArtifactHash::of(b"right"), 5), 0, &[]);
        assert!(matches!(other, Err(ArtifactFault::OtherContent { length: 5 })), "{other:?}");
    }

    #[test]
    fn a_copy_has_what_is_complete_and_takes_nothing_twice() {
        let (data, backup) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let artifacts = Artifacts::new(data.path(), 1 << 20);
        let (a, b) = (run("a"), run("b"));
        put(&artifacts, &a, b"one").unwrap();
        put(&artifacts, &b, b"other").unwrap();
        artifacts.put(&b, (ArtifactHash::of(b"incomplete"), 10), 0, b"inc").unwrap();
        assert_eq!(artifacts.count().unwrap(), (3, 11));
        let (from, into) = (folder(data.path()), folder(backup.path()));
        assert_eq!(copy(&from, &into).unwrap(), (2, 8));
        put(&artifacts, &a, b"third").unwrap();
        assert_eq!(copy(&from, &into).unwrap(), (1, 5));
        let copied = Artifacts::new(backup.path(), 1 << 20);
        assert_eq!((copied.list(&a).unwrap().len(), copied.list(&b).unwrap().len()), (2, 1));
        assert_eq!(copied.part(&b, ArtifactHash::of(b"other"), 0).unwrap(), Some((5, b"other".to_vec())));
        assert_eq!(copy(&folder(&data.path().join("nothing")), &into).unwrap(), (0, 0));
    }

    #[test]
    fn what_is_not_what_it_is_called_is_given_to_nobody() {
        let data = tempfile::TempDir::new().unwrap();
        let artifacts = Artifacts::new(data.path(), 1 << 20);
        let (a, named) = (run("a"), (ArtifactHash::of(b"right"), 5));
        assert!(matches!(artifacts.put(&a, named, 0, b"wrong!"), Err(ArtifactFault::Beyond { length: 5 })));
        assert!(matches!(artifacts.put(&a, named, 0, b"wrong"), Err(ArtifactFault::OtherContent { length: 5 })));
        assert!(artifacts.part(&a, named.0, 0).unwrap().is_none());
        assert_eq!(artifacts.put(&a, named, 0, b"right").unwrap(), 5);
    }

    #[test]
    fn a_damaged_file_is_found_put_aside_and_taken_anew() {
        let data = tempfile::TempDir::new().unwrap();
        let artifacts = Artifacts::new(data.path(), 1 << 20);
        let (a, hash) = (run("a"), ArtifactHash::of(b"right"));
        put(&artifacts, &a, b"right").unwrap();
        put(&artifacts, &a, b"other").unwrap();
        assert_eq!(artifacts.damaged().unwrap(), []);
        fs::write(artifacts.path(&a, hash), b"wrong").unwrap();
        assert_eq!(artifacts.damaged().unwrap(), [(a.clone(), hash)]);
        artifacts.put_aside(&a, hash).unwrap();
        assert_eq!(artifacts.damaged().unwrap(), []);
        assert!(artifacts.part(&a, hash, 0).unwrap().is_none());
        assert_eq!(put(&artifacts, &a, b"right").unwrap(), 5);
        assert_eq!(artifacts.list(&a).unwrap().len(), 2);
    }

    #[test]
    fn a_run_has_its_share_and_what_got_nothing_new_for_longest_goes_first() {
        let data = tempfile::TempDir::new().unwrap();
        let artifacts = Artifacts::new(data.path(), 400);
        assert!(matches!(
            put(&artifacts, &run("a"), &[1; 101]),
            Err(ArtifactFault::Full { length: 101, kept: 0, most: 100 })
        ));
        for (number, name) in (0..5).zip(["a", "b", "c", "d", "e"]) {
            put(&artifacts, &run(name), &[number; 90]).unwrap();
            // Clocks of file systems are coarse.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let left: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|it| artifacts.list(&run(it)).unwrap().len()).collect();
        assert_eq!(left, [0, 1, 1, 1, 1]);
        assert!(matches!(put(&artifacts, &run("e"), &[9; 20]), Err(ArtifactFault::Full { kept: 90, .. })));
        artifacts.retain(&BTreeSet::from([run("d")])).unwrap();
        assert_eq!(artifacts.runs().unwrap(), [run("d")]);
    }
}
