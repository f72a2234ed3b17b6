//! The pictures of README.md, taken of the page as it is, and the page's icon as pictures.

use crate::page;
use crate::process::run;
use crate::tools::{self, Browser};
use crate::workspace::root;
use anyhow::Result;
use std::process::Command;

/// Takes them all anew (half a minute beside the page's build).
pub(crate) fn pictures() -> Result<()> {
    tools::browser_test_packages()?;
    let browser = Browser::find_or_install()?;
    let icons = root().join("frontend/style");
    run(drawn("icons.mjs", &browser).env("ICONS", &icons))?;
    println!("wrote the icons in {}", icons.display());
    let page = page::build()?;
    let folder = root().join("docs/images");
    run(drawn("pictures.mjs", &browser).env("TERRARIUM_PAGE", page).env("PICTURES", &folder))?;
    println!("wrote {}", folder.display());
    Ok(())
}

/// A script of `tests/` that draws with a browser.
fn drawn(script: &str, browser: &Browser) -> Command {
    let mut node = Command::new("node");
    node.current_dir(root().join("tests")).arg(script).env("CHROME", &browser.chromium);
    node
}
