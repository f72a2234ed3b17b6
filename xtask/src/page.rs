//! The page in release, and what it weighs.

mod loader;
mod pack;
mod program;

pub(crate) use program::make_small;

use crate::process::{self, run};
use crate::tools;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result, bail};
use brotli::enc::BrotliEncoderParams;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What visitors have to load at most, compressed: HTML, JavaScript, wasm and CSS together.
pub(crate) const MOST_BYTES: usize = 900_000;

/// Endings of what weighs.
const WEIGHED: [&str; 4] = ["html", "js", "wasm", "css"];

/// Builds the page and returns its folder. Its links are relative, so that one build fits every address.
pub(crate) fn build() -> Result<PathBuf> {
    let tools = tools::page_tools()?;
    // Not `page`: that folder is cargo's, for what the profile of that name builds for this machine.
    let folder = target().join("site");
    // trunk lets nobody go online, cargo included: sources are fetched before.
    run(&mut cargo(&["fetch", "--quiet"])).context("the crates' registry must be reachable the first time")?;
    println!("\nBuilding the page: 3 to 5 minutes the first time on two cores, seconds when nothing changed.");
    let mut trunk = Command::new("trunk");
    trunk
        .current_dir(root())
        // Checksums of its own files protect nobody, and files are changed once more when they are packed.
        .args(["build", "--release", "--cargo-profile", "page", "--no-sri", "true", "--dist"])
        .arg(&folder)
        .env("PATH", process::path_with(&tools)?)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Data end below the first MiB with this stack before them: each of their addresses takes a byte less.
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Clink-arg=-zstack-size=851968")
        // trunk reads its value as true or false and stumbles over the customary 1.
        .env_remove("NO_COLOR");
    run(&mut trunk).context("the page does not build")?;
    pack::pack(&folder).context("the page cannot be packed")?;
    for file in files(&folder)?.iter().filter(|it| has_ending(it, &["wasm"])) {
        program::pack(file, &tools).context("the page's program cannot be packed")?;
        loader::install(&folder, file).context("the page cannot load its packed program")?;
    }
    Ok(folder)
}

/// Prints what every file weighs and gives the sum; too much is an error.
pub(crate) fn weigh(folder: &Path) -> Result<usize> {
    let mut total = 0;
    println!("\n{:<44} {:>10} {:>12}", "file", "bytes", "compressed");
    for file in files(folder)? {
        if !has_ending(&file, &WEIGHED) {
            continue;
        }
        let bytes = fs::read(&file)?;
        let compressed = brotli(&bytes)?.len();
        total += compressed;
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        println!("{name:<44} {:>10} {compressed:>12}", bytes.len());
    }
    println!("{:<44} {:>10} {total:>12}  (at most {MOST_BYTES})\n", "sum", "");
    if total > MOST_BYTES {
        bail!("the page weighs {total} bytes compressed, more than {MOST_BYTES}");
    }
    Ok(total)
}

/// Compresses as well as brotli can.
pub(crate) fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &BrotliEncoderParams::default())?;
    Ok(compressed)
}

/// Every file in a folder and the folders in it, sorted.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file's name ends in one of these.
pub(crate) fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_weighs_too_much_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("index.html"), "<p>small</p>").unwrap();
        weigh(folder.path()).unwrap();
        // Bytes without a pattern do not get smaller.
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..MOST_BYTES).map(|_| noise()).collect();
        fs::write(folder.path().join("inner/page.wasm"), &bytes).unwrap();
        let error = weigh(folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("more than {MOST_BYTES}")), "{error}");
    }
}
