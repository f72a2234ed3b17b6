//! The page packed for any static host, and the program with the page inside.

use crate::page;
use crate::process;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs;
use std::path::Path;

/// The variable that tells the relay's build which page goes inside.
const EMBED: &str = "TERRARIUM_EMBED_PAGE";

/// What to do with the page.
const HINTS: &str = "\
dist/ is ready: put it on any static host, under any path. To look at it here:
  python3 -m http.server --directory dist
How hosts send it compressed (docs/RELAY.md, \"The page on a static host\"):
  terrarium serve --page dist                 takes the copies that lie beside each file, .br and .gz
  GitHub Pages, Netlify, Cloudflare Pages     compress by themselves
  nginx                                       gzip_static on; and, with ngx_brotli, brotli_static on;
  S3 with CloudFront                          \"Compress objects automatically\", .wasm as application/wasm
  any other                                   the page unpacks *.wasm.gz itself: leave those there
";

/// What to pack.
#[derive(Debug, Args)]
pub(crate) struct DistOptions {
    /// Build `terrarium` in release with the page inside, too: `terrarium serve` needs no --page then.
    #[arg(long)]
    program: bool,
    /// The platform of the program, such as x86_64-unknown-linux-musl; this machine's if none is given.
    #[arg(long, requires = "program")]
    target: Option<String>,
}

/// Builds the page into `dist/`, every file also as `.br` and `.gz` for hosts that serve those.
pub(crate) fn dist(options: &DistOptions) -> Result<()> {
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
    print!("{HINTS}");
    if options.program {
        program(&folder, options.target.as_deref())?;
    }
    Ok(())
}

/// Builds the program with the page inside.
fn program(page: &Path, platform: Option<&str>) -> Result<()> {
    println!("\nBuilding terrarium with the page inside: 3 to 5 minutes the first time on two cores.");
    let mut build = cargo(&["build", "--release", "--quiet", "--package", "terrarium"]);
    build.env(EMBED, page).args(platform.iter().flat_map(|it| ["--target", it]));
    process::run(&mut build)?;
    let folder = platform.map_or_else(target, |it| target().join(it)).join("release");
    let program = folder.join(format!("terrarium{}", std::env::consts::EXE_SUFFIX));
    let bytes = fs::metadata(&program).with_context(|| format!("{} is not there", program.display()))?.len();
    println!("{} has the page inside, {bytes} bytes in all: `terrarium serve` is enough.", program.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::copy(from, to)?;
    Ok(())
}
