//! The page in release, with compressed copies beside its files, and what a visitor has to load.

mod joined;
mod later;
mod lean;
mod networks;
mod policies;
mod style;

use crate::process::{self, run};
use crate::tools;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result, bail};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What visitors have to load at most for the first view, compressed: HTML, JavaScript, wasm and CSS together.
pub(crate) const MOST_BYTES: usize = 900_000;

/// How `wasm-opt` is told to optimize, by trunk for the page and by us for benches: see `index.html`.
pub(crate) const OPTIMIZE: &str = "-O";

/// The same for what is to be small first of all.
const OPTIMIZE_SIZE: &str = "-Oz";

/// The cargo profile of what runs in a browser.
pub(crate) const PROFILE: &str = "page";

/// The target of what runs in a browser.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Beginnings of the names of what visitors load when they ask for it.
const LATER: [&str; 5] =
    [networks::NAME, policies::NAME, later::PROGRAMS[0].name, later::PROGRAMS[1].name, later::SCRIPT];

/// The largest window that every browser unpacks, as a power of 2.
const BROTLI_WINDOW: i32 = 24;

/// Endings of what weighs.
const WEIGHED: [&str; 4] = ["html", "js", "wasm", "css"];

/// Endings of what is worth compressing.
const COMPRESSED: [&str; 7] = ["html", "js", "wasm", "css", "json", "svg", "webmanifest"];

/// Endings of what trunk copies or joins from `frontend/`.
const COPIED: [&str; 6] = ["css", "js", "json", "png", "svg", "webmanifest"];

/// Builds the page and returns its folder. Its links are relative, so that one build fits every address; beside every
/// file lie its copies for hosts that serve those, `.br` and `.gz`. When nothing has changed, nothing is done.
pub(crate) fn build() -> Result<PathBuf> {
    let tools = tools::page_tools()?;
    // Not `page`: that folder is cargo's, for what the profile of that name builds for this machine.
    let folder = target().join("site");
    println!("\nBuilding the page: 3 to 5 minutes the first time on two cores, seconds when nothing changed.");
    let mut program = cargo(&["build", "--package", "frontend", "--bin", "page"]);
    run(program.args(["--target", WASM, "--profile", PROFILE])).context("the page does not build")?;
    let mut later = later::PROGRAMS.iter().map(later::LaterProgram::compile).collect::<Result<Vec<_>>>()?;
    later.extend(networks::compile()?);
    later.push(policies::compile()?);
    let (stamp, inputs) = (target().join("site.stamp"), fingerprint(&later)?);
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|it| it == inputs) {
        return Ok(folder);
    }
    // trunk lets nobody go online, cargo included: what other platforms would need is fetched before.
    run(&mut cargo(&["fetch", "--quiet"])).context("the crates' registry must be reachable the first time")?;
    let mut trunk = Command::new("trunk");
    trunk
        .current_dir(root())
        .args(["build", "--release", "--cargo-profile", PROFILE, "--dist"])
        .arg(&folder)
        .env("PATH", process::path_with(&tools)?)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // trunk reads its value as true or false and stumbles over the customary 1.
        .env_remove("NO_COLOR");
    run(&mut trunk).context("the page cannot be packed")?;
    for file in files(&folder)?.iter().filter(|it| has_ending(it, &COMPRESSED)) {
        compress(file).with_context(|| format!("{} cannot be compressed", file.display()))?;
    }
    fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(folder)
}

/// Joins the style sheets of the page that trunk is packing, and adds what comes later: its last step, see Trunk.toml.
pub(crate) fn add_later() -> Result<()> {
    let staging = env::var_os("TRUNK_STAGING_DIR").context("`cargo xtask later` is a step of trunk, see Trunk.toml")?;
    let folder = root().join(staging);
    style::join(&folder)?;
    networks::add(&folder)?;
    policies::add(&folder)?;
    later::PROGRAMS.iter().try_for_each(|program| program.add(&folder))?;
    lean::make(&folder)
}

/// Changes with everything that the page is made of: the program, what trunk copies, and how it is done.
fn fingerprint(later: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let later_ones =
        (include_str!("page/networks.rs"), include_str!("page/policies.rs"), include_str!("page/later.rs"));
    let how = (later_ones, include_str!("page/joined.rs"), include_str!("page/style.rs"), include_str!("page/lean.rs"));
    (include_str!("page.rs"), how, include_str!("tools.rs")).hash(&mut hasher);
    let program = target().join(WASM).join(PROFILE).join("page.wasm");
    let mut inputs = vec![program, root().join("index.html"), root().join("Trunk.toml")];
    inputs.extend(later.iter().cloned());
    inputs.extend(files(&root().join("frontend"))?.into_iter().filter(|it| has_ending(it, &COPIED)));
    for input in inputs {
        (&input, fs::read(&input).with_context(|| format!("cannot read {}", input.display()))?).hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Puts the compressed copies of a file beside it.
fn compress(file: &Path) -> Result<()> {
    let bytes = fs::read(file)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    fs::write(with_suffix(file, ".gz"), gzip.finish()?)?;
    let mut brotli = Vec::new();
    let parameters =
        BrotliEncoderParams { lgwin: BROTLI_WINDOW, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &parameters)?;
    fs::write(with_suffix(file, ".br"), brotli)?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Prints what every file weighs and gives the sum of those that the first view loads; too much is an error.
pub(crate) fn weigh(folder: &Path) -> Result<usize> {
    let (mut total, mut later) = (0, LATER.map(|name| (name, 0)));
    println!("\n{:<44} {:>10} {:>12}", "file", "bytes", "compressed");
    for file in files(folder)?.iter().filter(|it| has_ending(it, &WEIGHED)) {
        let compressed = fs::metadata(with_suffix(file, ".br"))
            .with_context(|| format!("{} has no compressed copy", file.display()))?
            .len() as usize;
        let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
        let place = later.iter_mut().find(|(beginning, _)| name.starts_with(beginning));
        *place.map_or(&mut total, |(_, sum)| sum) += compressed;
        println!("{name:<44} {:>10} {compressed:>12}", fs::metadata(file)?.len());
    }
    println!("{:<44} {:>10} {total:>12}  (at most {MOST_BYTES})", "sum of the first view", "");
    for (name, sum) in later {
        let note = if name == networks::NAME { "  (one of the two variants is loaded)" } else { "" };
        println!("{:<44} {:>10} {sum:>12}{note}", format!("{name}, when they are asked for"), "");
    }
    println!();
    if total > MOST_BYTES {
        bail!("the page weighs {total} bytes compressed, more than {MOST_BYTES}");
    }
    Ok(total)
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
        let (page, program) = (folder.path().join("index.html"), folder.path().join("inner/page.wasm"));
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(&page, "<p>small</p>").unwrap();
        assert!(weigh(folder.path()).unwrap_err().to_string().contains("index.html has no compressed copy"));
        compress(&page).unwrap();
        let small = weigh(folder.path()).unwrap();
        // Bytes without a pattern do not get smaller.
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..MOST_BYTES - small).map(|_| noise()).collect();
        fs::write(&program, &bytes).unwrap();
        compress(&program).unwrap();
        let error = weigh(folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("more than {MOST_BYTES}")), "{error}");
        // What is loaded only when it is asked for does not count.
        for later in
            ["places-0123456789abcdef_bg.wasm", "view3d-0123456789abcdef_bg.wasm", "networks-0123456789abcdef_bg.wasm"]
        {
            let moved = folder.path().join(later);
            fs::remove_file(with_suffix(&program, ".br")).ok();
            fs::remove_file(&program).ok();
            fs::write(&moved, &bytes).unwrap();
            compress(&moved).unwrap();
            assert_eq!(weigh(folder.path()).unwrap(), small, "{later}");
        }
    }
}
