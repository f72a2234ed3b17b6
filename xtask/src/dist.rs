//! The page packed for any static host.

use crate::page;
use crate::workspace::root;
use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Endings of what is worth compressing.
const COMPRESSED: [&str; 7] = ["html", "js", "wasm", "css", "json", "svg", "webmanifest"];

/// Builds the page into `dist/`, every file also as `.br` and `.gz` for hosts that serve those.
pub(crate) fn dist() -> Result<()> {
    let built = page::build()?;
    let folder = root().join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot empty dist/")?;
    }
    for file in page::files(&built)? {
        let path = folder.join(file.strip_prefix(&built)?);
        copy(&file, &path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    page::weigh(&built)?;
    println!("dist/ is ready: put it on any static host, under any path. To look at it here:");
    println!("  python3 -m http.server --directory dist");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    let bytes = fs::read(from)?;
    if page::has_ending(to, &COMPRESSED) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        fs::write(with_suffix(to, ".gz"), gzip.finish()?)?;
        fs::write(with_suffix(to, ".br"), page::brotli(&bytes)?)?;
    }
    fs::write(to, bytes)?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
