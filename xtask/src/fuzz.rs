//! Fuzzing: any bytes into the codec, or over a connection to a relay, guided by what they reach, beginning with the golden
//! files, with a request for every address, and with what `fuzz/kept` has of earlier runs: an input a line, in hexadecimal
//! digits, so that a change of it can be read as a change.

use crate::process::run;
use crate::workspace::{root, target};
use crate::{page, tools};
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the bytes of a golden file are announced in it.
const BYTES: &str = " bytes of MessagePack:\n";

/// Most bytes of an input that is kept, and of all that are, so that the repository stays small.
const MOST_KEPT_INPUT: usize = 1 << 10;
const MOST_KEPT: usize = 32 << 10;

/// What is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FuzzTarget {
    /// The codec of messages.
    Codec,
    /// A relay, over a connection for each input.
    Http,
}

/// How long, and which way.
#[derive(Debug, Args)]
pub(crate) struct FuzzOptions {
    /// What is fed.
    #[arg(long, value_enum, default_value_t = FuzzTarget::Codec)]
    target: FuzzTarget,
    /// How long, beside the minutes that building takes.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// What all mutations derive from; 0 is another one each time.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Put what reaches more than the golden files and requests do, in its shortest form, into fuzz/kept, for everybody.
    #[arg(long)]
    keep: bool,
}

/// Fuzzes. What was found before is kept in `fuzz/corpus`, and a run goes on from there.
pub(crate) fn fuzz(options: &FuzzOptions) -> Result<()> {
    tools::toolchain()?;
    let program = tools::cargo_fuzz()?;
    let (name, mend) = match options.target {
        FuzzTarget::Codec => (
            "codec",
            "mend the codec, and put the input into the_codec_stands_what_fuzzing_found of shared/tests/wire/codec.rs",
        ),
        FuzzTarget::Http => ("http", "mend the relay, and put the request into a test of server/tests/relay/gate.rs"),
    };
    let seeds = target().join("fuzz-seeds").join(name);
    // Those of files that are there no more are no seeds.
    fs::remove_dir_all(&seeds).ok();
    match options.target {
        FuzzTarget::Codec => write_seeds(&seeds)?,
        FuzzTarget::Http => write_requests(&seeds)?,
    }
    let corpus = root().join("fuzz/corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let (kept, unpacked) = (root().join("fuzz/kept").join(format!("{name}.hex")), seeds.with_extension("kept"));
    unpack(&kept, &unpacked)?;
    let with_folders = |folders: &[&Path]| {
        let mut fuzz = Command::new(&program);
        // Nothing here is unsafe, so no sanitizer is needed, and without one the pinned compiler will do.
        fuzz.current_dir(root())
            .args(["fuzz", "run", "--sanitizer", "none", "--target-dir"])
            .arg(target().join("fuzz"));
        if options.target == FuzzTarget::Http {
            fuzz.args(["--features", "relay"]);
        }
        fuzz.arg(name).args(folders).arg("--");
        fuzz
    };
    let mut fuzz = with_folders(&[&corpus, &seeds, &unpacked]);
    fuzz.args(["-print_final_stats=1".into(), format!("-max_total_time={}", options.seconds)]);
    fuzz.arg(format!("-seed={}", options.seed));
    run(&mut fuzz).with_context(|| format!("an input that it does not stand lies in fuzz/artifacts/{name}: {mend}"))?;
    if options.keep {
        let merged = seeds.with_extension("merged");
        fs::remove_dir_all(&merged).ok();
        fs::create_dir_all(&merged)?;
        let before = page::files(&seeds)?;
        for seed in &before {
            fs::copy(seed, merged.join(seed.file_name().unwrap_or_default()))?;
        }
        // What is in the first folder stays; of the others come inputs that reach what those before do not, the shortest first.
        run(with_folders(&[&merged, &corpus, &unpacked])
            .args(["-merge=1".into(), format!("-max_len={MOST_KEPT_INPUT}")]))?;
        let is_seed = |it: &PathBuf| before.iter().any(|seed| seed.file_name() == it.file_name());
        let found = page::files(&merged)?.into_iter().filter(|it| !is_seed(it)).map(fs::read);
        fs::create_dir_all(root().join("fuzz/kept"))?;
        fs::write(&kept, packed(found.collect::<Result<_, _>>()?))?;
        println!("{} holds what is kept", kept.display());
    }
    Ok(())
}

/// Inputs as lines of hexadecimal digits, the shortest first, as many as are kept.
fn packed(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.retain(|it| !it.is_empty() && it.len() <= MOST_KEPT_INPUT);
    inputs.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    inputs.dedup();
    let mut left = MOST_KEPT;
    let fits = |input: &&Vec<u8>| {
        left = left.saturating_sub(input.len());
        left > 0
    };
    let line =
        |input: &Vec<u8>| input.iter().map(|byte| format!("{byte:02x}")).chain(["\n".to_owned()]).collect::<String>();
    inputs.iter().take_while(fits).map(line).collect()
}

/// Writes what is kept into a folder, a file an input, in place of what was there.
fn unpack(kept: &Path, folder: &Path) -> Result<()> {
    // Where it cannot be removed, it cannot be written to.
    fs::remove_dir_all(folder).ok();
    fs::create_dir_all(folder)?;
    // Of a target that nobody has kept anything of yet there is no file.
    for (index, line) in fs::read_to_string(kept).unwrap_or_default().lines().enumerate() {
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = line.as_bytes().chunks(2).map(byte).collect();
        let bytes =
            bytes.with_context(|| format!("line {} of {} has no hexadecimal digits", index + 1, kept.display()))?;
        fs::write(folder.join(format!("kept-{index}")), bytes)?;
    }
    Ok(())
}

/// The file that the run there has left.
const ARTIFACT: &str = "/api/v1/runs/r/artifacts/84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";

/// Parts of it that may be asked for.
const RANGES: [&str; 3] = ["bytes=0-", "bytes=1-4", "bytes=-3"];

/// Addresses of a relay, with what stands behind them and in the body.
const REQUESTS: [(&str, &str, &str); 20] = [
    ("GET", "/healthz", ""),
    ("GET", "/metrics", ""),
    ("GET", "/terrarium.json", ""),
    ("GET", "/api/v1/openapi.json", ""),
    ("GET", "/api/v1/alerts", ""),
    ("GET", "/api/v1/runs?text=r&tag=a&live=true&sort=entries&limit=3", ""),
    ("GET", "/api/v1/runs/r", ""),
    ("GET", "/api/v1/runs/r/state?epoch=1&kinds=status,frame", ""),
    ("GET", "/api/v1/runs/r/outcomes?from_episode=1", ""),
    ("GET", "/api/v1/runs/r/metrics?names=loss,x&from=3&to=40&points=7", ""),
    ("GET", "/api/v1/runs/r/log?epoch=1&from=2&limit=9&kinds=notice", ""),
    ("GET", "/api/v1/runs/r/episodes.csv?epoch=1", ""),
    ("GET", "/api/v1/docs/", ""),
    ("GET", "/api/v1/docs/swagger-ui.css", ""),
    ("GET", "/api/v1/runs/r/artifacts", ""),
    ("GET", ARTIFACT, ""),
    ("HEAD", ARTIFACT, ""),
    ("DELETE", "/api/v1/runs/r", ""),
    ("PATCH", "/api/v1/runs/r", "{\"name\": \"n\", \"note\": \"\", \"tags\": [\"a\"]}"),
    ("POST", "/api/v1/runs/r/commands", "{\"step\": {\"action\": 2}}"),
];

/// Writes a request for every address, and one for the stream.
fn write_requests(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (index, (method, address, body)) in REQUESTS.iter().enumerate() {
        let request = format!(
            "{method} {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        fs::write(folder.join(format!("{index}.http")), request)?;
    }
    for range in RANGES {
        let request =
            format!("GET {ARTIFACT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: {range}\r\n\r\n");
        fs::write(folder.join(format!("{range}.http")), request)?;
    }
    let stream = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x01";
    fs::write(folder.join("stream.http"), stream)?;
    Ok(())
}

/// Writes every golden file's bytes and text as files of their own.
fn write_seeds(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for golden in page::files(&root().join("shared/tests/goldens"))? {
        let content = fs::read_to_string(&golden)?;
        let (text, bytes) = parse(&content).with_context(|| format!("{} is no golden file", golden.display()))?;
        let seed = |ending| -> PathBuf { folder.join(golden.file_name().unwrap_or_default()).with_extension(ending) };
        fs::write(seed("json"), text)?;
        fs::write(seed("msgpack"), bytes)?;
    }
    Ok(())
}

/// The text and the bytes of a golden file.
fn parse(content: &str) -> Option<(&str, Vec<u8>)> {
    let (head, rows) = content.split_once(BYTES)?;
    let (text, count) = head.rsplit_once("\n\n")?;
    let columns = rows.lines().filter_map(|row| row.get(..47.min(row.len())));
    let bytes: Vec<u8> =
        columns.flat_map(str::split_whitespace).map(|it| u8::from_str_radix(it, 16)).collect::<Result<_, _>>().ok()?;
    (count.parse() == Ok(bytes.len())).then_some((text, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_small_and_read_as_it_was_written() {
        let inputs = vec![vec![7; 40], vec![0xff, 0], Vec::new(), vec![7; 40], vec![1; MOST_KEPT_INPUT + 1]];
        let text = packed(inputs);
        assert_eq!(text, format!("ff00\n{}\n", "07".repeat(40)));
        let folder = tempfile::tempdir().unwrap();
        let (file, into) = (folder.path().join("x.hex"), folder.path().join("inputs"));
        fs::write(&file, &text).unwrap();
        unpack(&file, &into).unwrap();
        assert_eq!(fs::read(into.join("kept-0")).unwrap(), [0xff, 0]);
        assert_eq!(fs::read(into.join("kept-1")).unwrap(), [7; 40]);
        fs::write(&file, "01\n").unwrap();
        unpack(&file, &into).unwrap();
        assert_eq!(fs::read(into.join("kept-0")).unwrap(), [1]);
        assert!(!into.join("kept-1").exists(), "it is kept no more");
        fs::write(&file, "zz\n").unwrap();
        assert!(unpack(&file, &into).unwrap_err().to_string().contains("line 1 of "));
        let many = (0..1000_u32).map(|it| [&it.to_be_bytes()[..], &[0; 200]].concat()).collect();
        let kept = packed(many).len();
        assert!(kept > MOST_KEPT && kept <= 2 * MOST_KEPT + 1000, "{kept}");
    }

    #[test]
    fn golden_files_are_seeds() {
        let rows = "81 a4 70 69 6e 67 81 a5 6e 6f 6e 63 65 cd 01 02  ..ping..nonce...\n61                                               a\n";
        let golden = format!("{{\n}}\n\n17 bytes of MessagePack:\n{rows}");
        let (text, bytes) = parse(&golden).unwrap();
        assert_eq!((text, bytes.len(), bytes[16]), ("{\n}", 17, b'a'));
        assert!(parse(&format!("{{}}\n\n18 bytes of MessagePack:\n{rows}")).is_none(), "a byte is missing");
        let folder = tempfile::tempdir().unwrap();
        write_seeds(folder.path()).unwrap();
        assert!(fs::read_dir(folder.path()).unwrap().count() > 100);
    }
}
