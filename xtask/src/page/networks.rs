//! The worker's program with networks, with and without vector instructions, which visitors load when they need it.

use super::WASM;
use crate::process::{self, run};
use crate::tools;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result};
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Adds it to the page in `folder`: trunk's last step, see Trunk.toml.
pub(crate) fn add(folder: &Path) -> Result<()> {
    let tools = tools::page_tools()?;
    let path = process::path_with(&tools)?;
    let mut names = Vec::new();
    for (program, (_, _, name)) in compile()?.iter().zip(VARIANTS) {
        let made = target().join("networks").join("joined");
        let mut join = Command::new("wasm-bindgen");
        join.args(["--target", "web", "--no-typescript", "--out-name", name, "--out-dir"]);
        run(join.arg(&made).arg(program).env("PATH", &path))?;
        let module = made.join(format!("{name}_bg.wasm"));
        let mut optimize = Command::new("wasm-opt");
        run(optimize.arg("-O3").arg(&module).arg("-o").arg(&module).env("PATH", &path))?;
        let script = made.join(format!("{name}.js"));
        let hash = hash(&[&module, &script])?;
        let hashed = format!("{name}-{hash}");
        fs::copy(&module, folder.join(format!("{hashed}_bg.wasm")))?;
        fs::copy(&script, folder.join(format!("{hashed}.js")))?;
        names.push(hashed);
    }
    let index = folder.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let named = META
        .replace(r#"data-plain="networks""#, &format!(r#"data-plain="{}""#, names[0]))
        .replace(r#"data-simd="networks-simd""#, &format!(r#"data-simd="{}""#, names[1]));
    anyhow::ensure!(page.contains(META), "index.html does not name the program with networks: {META}");
    Ok(fs::write(&index, page.replace(META, &named))?)
}

/// The folder that trunk is packing.
pub(crate) fn staging() -> Result<PathBuf> {
    let folder =
        env::var_os("TRUNK_STAGING_DIR").context("`cargo xtask networks` is a step of trunk, see Trunk.toml")?;
    Ok(root().join(folder))
}

fn hash(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
