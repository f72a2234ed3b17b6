//! The pictures of README.md, taken of the page as it is.

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
    let page = page::build()?;
    let folder = root().join("docs/images");
    let mut node = Command::new("node");
    node.current_dir(root().join("tests")).arg("pictures.mjs");
    run(node.env("TERRARIUM_PAGE", page).env("PICTURES", &folder).env("CHROME", browser.chromium))?;
    println!("wrote {}", folder.display());
    Ok(())
}
