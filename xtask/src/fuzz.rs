//! Fuzzing: any bytes into the codec, guided by what they reach, beginning with the golden files.

use crate::process::run;
use crate::workspace::{root, target};
use crate::{page, tools};
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the bytes of a golden file are announced in it.
const BYTES: &str = " bytes of MessagePack:\n";

/// How long, and which way.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long, beside the minutes that building takes.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// What all mutations derive from; 0 is another one each time.
    #[arg(long, default_value_t = 0)]
    seed: u32,
}

/// Fuzzes the codec. What was found before is kept in `fuzz/corpus`, and a run goes on from there.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    tools::toolchain()?;
    let program = tools::cargo_fuzz()?;
    let seeds = target().join("fuzz-seeds");
    write_seeds(&seeds)?;
    let corpus = root().join("fuzz/corpus/codec");
    fs::create_dir_all(&corpus)?;
    let mut fuzz = Command::new(program);
    // Nothing here is unsafe, so no sanitizer is needed, and without one the pinned compiler will do.
    fuzz.current_dir(root()).args(["fuzz", "run", "--sanitizer", "none", "--target-dir"]).arg(target().join("fuzz"));
    fuzz.arg("codec").args([corpus, seeds]).args(["--", "-print_final_stats=1"]);
    fuzz.args([format!("-max_total_time={}", options.seconds), format!("-seed={}", options.seed)]);
    run(&mut fuzz).context(
        "an input that the codec does not stand lies in fuzz/artifacts/codec: mend the codec, and put the input into \
         the_codec_stands_what_fuzzing_found of shared/tests/wire/codec.rs",
    )
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
