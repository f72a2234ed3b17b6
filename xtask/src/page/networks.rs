//! The worker's program with networks, with and without vector instructions, which visitors load when they need it.

use super::{WASM, joined};
use crate::process::run;
use crate::workspace::{cargo, target};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The crate's program, and the beginning of the names of what it becomes.
pub(super) const NAME: &str = "networks";

/// Its cargo profile: built for speed, since most visits do without it.
const PROFILE: &str = "networks";

/// The variants: name, what the compiler is told of vector instructions, and names of files.
const VARIANTS: [(&str, &str, &str); 2] =
    [("plain", "", "networks"), ("simd", "-Ctarget-feature=+simd128", "networks-simd")];

/// The part of the page that names the files.
const META: &str = r#"<meta name="networks" data-plain="networks" data-simd="networks-simd" />"#;

/// Compiles it in both variants and gives the programs as cargo leaves them.
pub(super) fn compile() -> Result<[PathBuf; 2]> {
    let [plain, simd] = VARIANTS.map(|(variant, flags, _)| -> Result<PathBuf> {
        // Cargo would build everything anew whenever the flags changed in one folder.
        let folder = target().join("networks").join(variant);
        let mut program = cargo(&["build", "--package", "frontend", "--bin", NAME, "--features", "neural"]);
        program.args(["--target", WASM, "--profile", PROFILE, "--target-dir"]).arg(&folder);
        run(program.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags))
            .context("the program with networks does not build")?;
        Ok(folder.join(WASM).join(PROFILE).join("networks.wasm"))
    });
    Ok([plain?, simd?])
}

/// Adds it to the page in `folder`, and says there how the files are called.
pub(super) fn add(folder: &Path) -> Result<()> {
    let [plain, simd] = compile()?;
    let names = [plain, simd].into_iter().zip(VARIANTS).map(|(program, (_, _, name))| {
        let program = joined::join(&program, name, "-O3")?;
        let hashed = format!("{name}-{}", joined::hash(&[&program.module, &program.script])?);
        program.put(folder, &hashed).map(|()| hashed)
    });
    let names = names.collect::<Result<Vec<_>>>()?;
    let named = META
        .replace(r#"data-plain="networks""#, &format!(r#"data-plain="{}""#, names[0]))
        .replace(r#"data-simd="networks-simd""#, &format!(r#"data-simd="{}""#, names[1]));
    joined::name(folder, META, &named)
}
