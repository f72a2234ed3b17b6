//! Fuzzing: any bytes into the codec, or over a connection to a relay, guided by what they reach, beginning with the golden
//! files and with a request for every address.

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
    match options.target {
        FuzzTarget::Codec => write_seeds(&seeds)?,
        FuzzTarget::Http => write_requests(&seeds)?,
    }
    let corpus = root().join("fuzz/corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let mut fuzz = Command::new(program);
    // Nothing here is unsafe, so no sanitizer is needed, and without one the pinned compiler will do.
    fuzz.current_dir(root()).args(["fuzz", "run", "--sanitizer", "none", "--target-dir"]).arg(target().join("fuzz"));
    if options.target == FuzzTarget::Http {
        fuzz.args(["--features", "relay"]);
    }
    fuzz.arg(name).args([corpus, seeds]).args(["--", "-print_final_stats=1"]);
    fuzz.args([format!("-max_total_time={}", options.seconds), format!("-seed={}", options.seed)]);
    run(&mut fuzz).with_context(|| format!("an input that it does not stand lies in fuzz/artifacts/{name}: {mend}"))
}

/// Addresses of a relay, with what stands behind them and in the body.
const REQUESTS: [(&str, &str, &str); 14] = [
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
