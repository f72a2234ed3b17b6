//! The page packed for any static host.

use crate::page;
use crate::workspace::root;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

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
    fs::copy(from, to)?;
    Ok(())
}
