//! Tools for a data directory: tokens, copies, checks, and runs on their way in and out.

use crate::access::{self, Scope};
use crate::artifacts::{self, ArtifactFault, Artifacts};
use crate::clock::now_millis;
use crate::freeze::{self, FreezeError};
use crate::portable::{self, ArtifactPart, ExportContent, Format, PortableError};
use crate::store::{self, Beside, Directory, EpochTransfer, StoreError, tokens};
use clap::{Args, Subcommand};
use shared::message::Role;
use shared::{Epoch, RunId};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// A tool for a relay's data directory.
#[derive(Debug, Subcommand)]
pub enum RelayTool {
    /// Makes, lists and revokes tokens, also while a relay runs on the directory
    #[command(subcommand)]
    Token(TokenTool),
    /// Checks every page and entry of a data directory, and repairs it
    Doctor(Doctor),
    /// Copies the database and the artifacts of a data directory, also while a relay runs on it
    Backup(Backup),
    /// Writes one epoch of a run into a file, also while a relay runs on the directory
    Export(Export),
    /// Takes the epoch of a run from a file that `export` wrote into a data directory, made when missing
    Import(Import),
    /// Removes a run with all its epochs from a data directory
    Delete(Delete),
    /// Writes the page and runs of a data directory as files for any static host, also while a relay runs on it
    Freeze(Freeze),
    /// Gives back the space that removed runs took in a data directory
    Compact(Compact),
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
#[command(after_help = TOKEN_EXAMPLES)]
pub enum TokenTool {
    /// Makes a token and prints it; nobody can be told it again
    #[command(allow_missing_positional = true)]
    Create {
        /// The data directory, in place of --data
        directory: Option<PathBuf>,
        /// What it opens: publisher, viewer, or controller, which opens watching, too
        #[arg(value_parser = parse_role)]
        role: Role,
        /// Runs that it is for: a name, or the beginning of names and *
        #[arg(long, default_value = "*", value_parser = parse_scope)]
        runs: String,
        /// Days after which it opens nothing any longer
        #[arg(long)]
        days: Option<f64>,
        /// Whom or what it is for
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        data: Data,
    },
    /// Lists all tokens, without their secrets
    List {
        /// The data directory, in place of --data
        directory: Option<PathBuf>,
        #[command(flatten)]
        data: Data,
    },
    /// Revokes a token: its connections end within a second
    #[command(allow_missing_positional = true)]
    Revoke {
        /// The data directory, in place of --data
        directory: Option<PathBuf>,
        /// Its number, as `list` shows it
        id: String,
        #[command(flatten)]
        data: Data,
    },
}

const TOKEN_EXAMPLES: &str = "\
Examples:
  terrarium token create data publisher --runs 'snake-*' --days 30 --note 'the cluster'
  terrarium token list data
  terrarium token revoke data 1a2b3c4d";

/// A data directory.
#[derive(Debug, Args)]
pub struct Data {
    /// Directory of the database
    #[arg(long, env = "TERRARIUM_DATA", default_value = "data")]
    data: PathBuf,
}

/// Check and repair.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  terrarium doctor data\n  terrarium doctor data --repair")]
pub struct Doctor {
    /// The data directory, in place of --data; no relay may run on it
    directory: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
    /// Copy everything that can be read into a new database; the damaged one is kept beside it
    #[arg(long)]
    repair: bool,
}

/// Copy.
#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "Examples:\n  terrarium backup data backups/monday.db\n  \
                                                            terrarium backup backups/monday.db --data data"
)]
pub struct Backup {
    /// The data directory, in place of --data
    directory: Option<PathBuf>,
    /// The file to write; it must not exist. Artifacts go into the folder artifacts beside it, those that are not there yet.
    /// Named terrarium.db in a directory of its own, a relay can run on it
    file: PathBuf,
    #[command(flatten)]
    data: Data,
}

/// One epoch into a file.
#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "Examples:\n  terrarium export data gridworld --to gridworld.jsonl\n  \
                  terrarium export gridworld --data data --format csv > episodes.csv\n  \
                  terrarium export data gridworld --format parquet --table metrics --to metrics.parquet\n\n\
                  The page shows what is written as jsonl, without a relay: drop the file on it."
)]
pub struct Export {
    /// The data directory, in place of --data
    directory: Option<PathBuf>,
    /// The run
    #[arg(value_parser = parse_run)]
    run: RunId,
    /// Its epoch, in decimal or as the log has it, 0x19a...; the newest one if none is given
    #[arg(long, value_parser = parse_epoch)]
    epoch: Option<u64>,
    /// What to write; artifacts, such as saved agents, are in jsonl alone
    #[arg(long, default_value = "jsonl")]
    format: Format,
    /// What the rows of a table are; episodes if nobody says
    #[arg(long)]
    table: Option<ExportContent>,
    /// The file to write; standard output if none is given
    #[arg(long)]
    to: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
}

/// One epoch from a file.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true, after_help = "Examples:\n  terrarium import data gridworld.jsonl")]
pub struct Import {
    /// The data directory, in place of --data; no relay may run on it
    directory: Option<PathBuf>,
    /// The file
    file: PathBuf,
    #[command(flatten)]
    data: Data,
}

/// Remove a run.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true, after_help = "Examples:\n  terrarium delete data gridworld")]
pub struct Delete {
    /// The data directory, in place of --data; no relay may run on it
    directory: Option<PathBuf>,
    /// The run
    #[arg(value_parser = parse_run)]
    run: RunId,
    #[command(flatten)]
    data: Data,
}

/// Runs as files.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  terrarium freeze --data data --into snapshot\n  \
                        terrarium freeze gridworld snake --data data --into snapshot --points 1000\n\n\
                        The folder shows its runs under #/watch of any static host, as a relay would at this moment.")]
pub struct Freeze {
    /// The runs; all if none is given
    #[arg(value_name = "RUN", value_parser = parse_run)]
    runs: Vec<RunId>,
    /// Folder to write, which is empty or not there
    #[arg(long)]
    into: PathBuf,
    /// Folder of the built page, in place of the one inside this program
    #[arg(long, env = "TERRARIUM_PAGE")]
    page: Option<PathBuf>,
    /// Most points of every curve; more are merged, without losing an episode
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(2..=16_384))]
    points: u32,
    #[command(flatten)]
    data: Data,
}

/// Give back space.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  terrarium compact data")]
pub struct Compact {
    /// The data directory, in place of --data; no relay may run on it
    directory: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
}

/// Why a tool did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The directory is of no use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something is damaged.
    #[error(
        "{text}{damaged} entries, {pages} pages and {artifacts} artifacts are damaged; `terrarium doctor {directory} --repair` keeps \
         the rest"
    )]
    Damaged {
        /// What was found.
        text: String,
        /// Entries that are damaged or missing.
        damaged: usize,
        /// What is wrong with the pages.
        pages: usize,
        /// Artifacts whose content is not what they are called by.
        artifacts: usize,
        /// The directory.
        directory: PathBuf,
    },
    /// Its database cannot even be opened.
    #[error(
        "the database in {directory} cannot be read at all ({source}): it may be cut short, or be no database. Put back one that \
         `terrarium backup` made; or move terrarium.db away, and `terrarium serve` begins with an empty one, into which \
         `terrarium import` takes what was exported. Artifacts stay where they are. Nothing was changed"
    )]
    Unreadable {
        /// The directory.
        directory: PathBuf,
        /// What `SQLite` says.
        source: rusqlite::Error,
    },
    /// There is no such run.
    #[error("there is no run {run}{} in {directory}", epoch.map_or(String::new(), |it| format!(" with epoch {it}")))]
    NoRun {
        /// The run.
        run: RunId,
        /// The epoch that was asked for.
        epoch: Option<u64>,
        /// The directory.
        directory: PathBuf,
    },
    /// There is one already.
    #[error("run {run} with epoch {epoch} is in {directory} already; nothing changed")]
    RunExists {
        /// The run.
        run: RunId,
        /// The epoch.
        epoch: u64,
        /// The directory.
        directory: PathBuf,
    },
    /// There is no such token.
    #[error("there is no token {id} that is not revoked; `terrarium token list` tells which there are")]
    NoToken {
        /// The number that was given.
        id: String,
    },
    /// It would end before it begins.
    #[error("a token is for some days, a number above 0, not {days}")]
    Days {
        /// What was given.
        days: f64,
    },
    /// A file exists that would be overwritten.
    #[error("{path} exists already; name a file that does not")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Entries came in, artifacts did not.
    #[error("run {run} with epoch {} has {count} entries now, but not all of its artifacts: {source}", epoch.0)]
    Artifacts {
        /// The run.
        run: RunId,
        /// The epoch.
        epoch: Epoch,
        /// Entries.
        count: u64,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Lines are no table.
    #[error("--table has no effect on lines of JSON, which hold everything; say --format csv or --format parquet, too")]
    NoTable,
    /// There is no snapshot.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// A file is not what it should be.
    #[error("{path}: {source}")]
    Portable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PortableError,
    },
}

/// Does what a tool is for, and gives what there is to tell about it.
pub fn use_tool(tool: RelayTool) -> Result<String, ToolError> {
    match tool {
        RelayTool::Token(tool) => token(tool),
        RelayTool::Doctor(Doctor { directory, repair, data }) => doctor(&directory.unwrap_or(data.data), repair),
        RelayTool::Backup(Backup { directory, file, data }) => backup(&directory.unwrap_or(data.data), file),
        RelayTool::Export(export) => write_out(export),
        RelayTool::Import(import) => read_in(import),
        RelayTool::Delete(Delete { directory, run, data: Data { data } }) => {
            let data = directory.unwrap_or(data);
            if !Directory::open(&data)?.delete(&run)? {
                return Err(ToolError::NoRun { run, epoch: None, directory: data });
            }
            let folder = artifacts::folder(&data);
            artifacts::remove(&folder, &run).map_err(|source| ToolError::File { path: folder, source })?;
            Ok(format!("run {run} is removed; `terrarium compact` gives its space back\n"))
        }
        RelayTool::Freeze(Freeze { runs, into, page, points, data: Data { data } }) => {
            let frozen = freeze::freeze(&data, &runs, &into, page.as_deref(), points as usize)?;
            let freeze::Frozen { runs, epochs, artifacts, bytes } = frozen;
            let folder = into.display();
            Ok(format!(
                "{runs} runs with {epochs} epochs, {artifacts} artifacts and the page, {bytes} bytes, in {folder}; open it under \
                 #/watch\n"
            ))
        }
        RelayTool::Compact(Compact { directory, data }) => {
            let (before, after) = Directory::open(&directory.unwrap_or(data.data))?.compact()?;
            Ok(format!("{before} bytes before, {after} now\n"))
        }
    }
}

fn token(tool: TokenTool) -> Result<String, ToolError> {
    match tool {
        TokenTool::Create { directory, role, runs, days, note, data } => {
            let expires_millis = match days {
                Some(days) if days > 0.0 && days.is_finite() => Some(now_millis() + days * 86_400_000.0),
                Some(days) => return Err(ToolError::Days { days }),
                None => None,
            };
            let connection = store::beside_or_new(&directory.unwrap_or(data.data))?;
            let (id, secret) = tokens::create(&connection, role, &Scope::new(runs), &note, expires_millis)?;
            Ok(format!(
                "{secret}\ntoken {id} opens the role {}. Nobody can be told its secret again.\n",
                access::name(role)
            ))
        }
        TokenTool::List { directory, data } => {
            let connection = store::beside_or_new(&directory.unwrap_or(data.data))?;
            let tokens = tokens::list(&connection).map_err(StoreError::from)?;
            let mut text = format!("{:<10}{:<12}{:<20}{:<14}{}\n", "id", "role", "runs", "state", "note");
            for token in tokens {
                let state = match (token.over(now_millis()), token.expires_millis) {
                    (Some(over), _) => over.trim_start_matches("was ").trim_start_matches("has ").to_owned(),
                    (None, Some(end)) => format!("{:.1} days", (end - now_millis()) / 86_400_000.0),
                    (None, None) => "valid".to_owned(),
                };
                let line = format!("{:<10}{:<12}{:<20}{state:<14}{}\n", token.id, token.role, token.runs, token.note);
                text += &line;
            }
            Ok(text)
        }
        TokenTool::Revoke { directory, id, data } => {
            let connection = store::beside_or_new(&directory.unwrap_or(data.data))?;
            if !tokens::revoke(&connection, &id).map_err(StoreError::from)? {
                return Err(ToolError::NoToken { id });
            }
            Ok(format!("token {id} opens nothing any longer\n"))
        }
    }
}

fn doctor(path: &Path, repair: bool) -> Result<String, ToolError> {
    let unreadable = |error: StoreError| match error {
        StoreError::Database(source) if store::is_corrupt(&source) => {
            ToolError::Unreadable { directory: path.into(), source }
        }
        error => error.into(),
    };
    let directory = Directory::open(path).map_err(unreadable)?;
    let findings = directory.look().map_err(unreadable)?;
    let mut text = format!("{} epochs with {} entries\n", findings.epochs, findings.entries);
    let artifacts = Artifacts::new(path, u64::MAX);
    let in_folder = |source| ToolError::File { path: artifacts::folder(path), source };
    let spoilt = artifacts.damaged().map_err(in_folder)?;
    let pages = findings.pages.iter().map(|page| format!("damaged: {page}\n"));
    let entries = findings.damaged.iter().take(20);
    let entries =
        entries.map(|(run, epoch, offset)| format!("damaged: run {run}, epoch {}, entry {offset}\n", epoch.0));
    let files = spoilt.iter().map(|(run, hash)| format!("damaged: run {run}, artifact {hash}\n"));
    text.extend(pages.chain(entries).chain(files));
    if findings.is_sound() && spoilt.is_empty() {
        return Ok(text + "sound\n");
    }
    if !repair {
        let (damaged, pages) = (findings.damaged.len(), findings.pages.len());
        return Err(ToolError::Damaged { text, damaged, pages, artifacts: spoilt.len(), directory: path.into() });
    }
    for (run, hash) in &spoilt {
        artifacts.put_aside(run, *hash).map_err(in_folder)?;
    }
    if !spoilt.is_empty() {
        let count = spoilt.len();
        let put_aside =
            format!("repaired: {count} artifacts are put aside, so that their publishers can send them anew\n");
        text += &put_aside;
    }
    if findings.is_sound() {
        return Ok(text);
    }
    let (salvaged, aside) = directory.repair()?;
    let repaired = format!(
        "repaired: {} epochs with {} entries are in a new database, {} entries are lost and have a notice in their place; \
         the damaged one is kept as {}\n",
        salvaged.epochs,
        salvaged.entries,
        salvaged.lost,
        aside.display()
    );
    text += &repaired;
    if !salvaged.has_tokens {
        text += "not all tokens could be read: a relay starts there again once every role has one, or once `terrarium token revoke \
                 lost` says that there were none\n";
    }
    Ok(text)
}

/// How the names of files begin that are not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// Begins a file that is to be there as a whole or not at all, beside its place. It goes where it is not put there.
fn begin(path: &Path) -> io::Result<NamedTempFile<File>> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made like any other file, so that others may read it as they may read those.
    tempfile::Builder::new().prefix(UNFINISHED).make_in(folder, |part| File::create_new(part))
}

/// Puts a file in its place, where nothing may have come meanwhile.
fn put(part: TempPath, path: &Path) -> Result<(), ToolError> {
    part.persist_noclobber(path).map_err(|error| match error.error {
        source if source.kind() == io::ErrorKind::AlreadyExists => ToolError::Exists { path: path.into() },
        source => ToolError::File { path: path.into(), source },
    })
}

fn backup(directory: &Path, file: PathBuf) -> Result<String, ToolError> {
    if file.exists() {
        return Err(ToolError::Exists { path: file });
    }
    let beside = Beside::open_any(directory)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|source| ToolError::File { path: folder.into(), source })?;
    let part = begin(&file).map_err(|source| ToolError::File { path: file.clone(), source })?.into_temp_path();
    beside.backup(&part)?;
    put(part, &file)?;
    let bytes = std::fs::metadata(&file).map_or(0, |it| it.len());
    let into = artifacts::folder(file.parent().unwrap_or(Path::new("")));
    let (files, more) = artifacts::copy(&artifacts::folder(directory), &into)
        .map_err(|source| ToolError::File { path: into.clone(), source })?;
    let remark = match files {
        0 => String::new(),
        _ => format!("{files} artifacts of {more} bytes, which were not there yet, in {}\n", into.display()),
    };
    Ok(format!("{bytes} bytes in {}\n{remark}", file.display()))
}

/// Writes to the standard output, or into a file, all of it or nothing.
fn write_out(export: Export) -> Result<String, ToolError> {
    let Export { directory, run, epoch, format, table, to, data: Data { data } } = export;
    let data = directory.unwrap_or(data);
    if let Some(path) = to.clone().filter(|it| it.exists()) {
        return Err(ToolError::Exists { path });
    }
    if format == Format::Jsonl && table.is_some() {
        return Err(ToolError::NoTable);
    }
    let table = table.unwrap_or(ExportContent::Episodes);
    let beside = Beside::open(&data)?;
    let Some(chapter) = beside.chapter(&run, epoch.map(Epoch))? else {
        return Err(ToolError::NoRun { run, epoch, directory: data });
    };
    let path = to.clone().unwrap_or_else(|| "standard output".into());
    let failed = |source| ToolError::File { path: path.clone(), source };
    let part = to.as_deref().map(begin).transpose().map_err(failed)?;
    let out: Box<dyn Write + Send> = match &part {
        Some(part) => Box::new(BufWriter::new(part.as_file().try_clone().map_err(failed)?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let artifacts = Artifacts::new(&data, u64::MAX);
    let in_folder = |source| ToolError::File { path: artifacts::folder(&data), source };
    let mut writer = portable::ExportWriter::new(out, format, table, &chapter).map_err(failed)?;
    let (mut next, mut count) = (0, 0);
    loop {
        let page = beside.page(&chapter, next)?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        count += page.len();
        for entry in &page {
            writer.push(entry).map_err(failed)?;
        }
    }
    let mut files = 0;
    for hash in writer.artifacts() {
        let mut offset = 0;
        while let Some((length, content)) = artifacts.part(&run, hash, offset).map_err(in_folder)? {
            let part = ArtifactPart { hash, length, offset, content };
            writer.push_part(&part).map_err(failed)?;
            offset += part.content.len() as u64;
            if offset >= length || part.content.is_empty() {
                files += 1;
                break;
            }
        }
    }
    let (bins, rows) = (writer.bins(), writer.rows());
    writer.finish().map_err(failed)?;
    if let Some(part) = part {
        put(part.into_temp_path(), &path)?;
    }
    let with = if files > 0 { format!(" and {files} artifacts") } else { String::new() };
    let remark = if bins > 0 {
        format!("{bins} rows stand for several episodes each, see their count: `run --episodes-csv` writes every one\n")
    } else {
        String::new()
    };
    let what = rows.map_or_else(|| format!("{count} entries"), |rows| format!("{rows} rows of {count} entries"));
    Ok(to.map_or(String::new(), |path| format!("{what}{with} in {}\n{remark}", path.display())))
}

fn read_in(Import { directory, file, data: Data { data } }: Import) -> Result<String, ToolError> {
    let data = directory.unwrap_or(data);
    let opened = File::open(&file).map_err(|source| ToolError::File { path: file.clone(), source })?;
    let wrong = |source| ToolError::Portable { path: file.clone(), source };
    let (chapter, mut reader) = portable::read(BufReader::new(opened)).map_err(wrong)?;
    let mut directory = Directory::open_or_new(&data)?;
    if directory.has(&chapter.run, chapter.epoch)? {
        return Err(ToolError::RunExists { run: chapter.run, epoch: chapter.epoch.0, directory: data });
    }
    let count = directory.import(&chapter, reader.entries())?.map_err(wrong)?;
    let EpochTransfer { run, epoch, .. } = chapter;
    let artifacts = Artifacts::new(&data, u64::MAX);
    let files = take_parts(&artifacts, &run, reader.parts()).map_err(|source| ToolError::Artifacts {
        run: run.clone(),
        epoch,
        count,
        source,
    })?;
    let with = if files > 0 { format!(" and {files} artifacts") } else { String::new() };
    let (epoch, directory) = (epoch.0, data.display());
    Ok(format!("run {run} with epoch {epoch} has {count} entries{with} now, in {directory}\n"))
}

/// Takes in the parts of artifacts; gives how many are complete.
fn take_parts(
    artifacts: &Artifacts,
    run: &RunId,
    parts: impl Iterator<Item = Result<ArtifactPart, PortableError>>,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let mut complete = 0;
    for part in parts {
        let ArtifactPart { hash, length, offset, content } = part?;
        let kept = artifacts.put(run, (hash, length), offset, &content)?;
        let end = offset.saturating_add(content.len() as u64);
        if kept < end {
            return Err(ArtifactFault::Hole { hash, kept, offset }.into());
        }
        complete += usize::from(end == length);
    }
    Ok(complete)
}

fn parse_role(text: &str) -> Result<Role, String> {
    access::role(text).ok_or_else(|| format!("a role is publisher, viewer or controller, not {text:?}"))
}

fn parse_scope(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('*').unwrap_or(text);
    if text != "*" {
        RunId::new(name)
            .map_err(|error| format!("{error}; * alone means all runs, and * behind a name all that begin so"))?;
    }
    Ok(text.to_owned())
}

fn parse_epoch(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("an epoch is a whole number, or one in hexadecimal behind 0x, not {text:?}"))
}

fn parse_run(text: &str) -> Result<RunId, String> {
    RunId::new(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_a_run_the_beginning_of_names_or_all() {
        for scope in ["*", "snake-*", "snake"] {
            assert_eq!(parse_scope(scope).as_deref(), Ok(scope));
        }
        for scope in ["", "**", "a b", "a*b"] {
            assert!(parse_scope(scope).unwrap_err().contains("* alone means all runs"), "{scope}");
        }
    }
}
