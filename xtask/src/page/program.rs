//! The page's program, as it travels: without what panics say, made small, with its functions in an order that compresses
//! well, and taken apart into streams.

mod order;
mod panics;
mod streams;

use crate::process::{self, run};
use crate::workspace::{root, target};
use anyhow::{Context as _, Result};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasmparser::{ImportSectionReader, TypeRef};

/// What `wasm-opt` does. Bodies copied into their callers and functions sorted by use save bytes, but compress worse.
/// Hints how loads and stores are aligned tell engines nothing: without them one byte of each is always the same.
const OPTIONS: [&str; 10] = [
    "-Oz",
    "--low-memory-unused",
    "--always-inline-max-function-size=0",
    "--one-caller-inline-max-function-size=0",
    "--skip-pass=local-cse",
    "--skip-pass=reorder-functions",
    "--skip-pass=memory-packing",
    "--skip-pass=merge-locals",
    "--reorder-functions-by-name",
    "--dealign",
];

/// What puts a program together again in a browser.
pub(super) const UNPACKER: &str = "frontend/unpack.js";

/// Packs a program in its place, with the tools in these folders. What was packed before is not packed again.
pub(super) fn pack(file: &Path, tools: &[PathBuf]) -> Result<()> {
    let program = fs::read(file)?;
    let mut hasher = DefaultHasher::new();
    // Whoever changes what packs finds nothing packed.
    (&program, OPTIONS, fs::read(env::current_exe()?)?, fs::read(root().join(UNPACKER))?).hash(&mut hasher);
    let packed = target().join("packed").join(format!("{:016x}.wasm", hasher.finish()));
    if !packed.is_file() {
        let folder = target().join("packed");
        if folder.is_dir() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let [silent, small, whole] = ["silent", "small", "whole"].map(|name| folder.join(name));
        fs::write(&silent, panics::silence(&program)?)?;
        make_small(&silent, &small, tools)?;
        let program = order::by_likeness(&fs::read(small)?)?;
        fs::write(&whole, &program)?;
        fs::write(&packed, streams::split(&program)?)?;
        check(&packed, &whole)?;
    }
    fs::copy(packed, file)?;
    Ok(())
}

/// Writes a program as the page's is made small, with the tools in these folders.
pub(crate) fn make_small(program: &Path, into: &Path, tools: &[PathBuf]) -> Result<()> {
    let mut wasm_opt = Command::new("wasm-opt");
    wasm_opt.args(OPTIONS).arg(program).arg("-o").arg(into).env("PATH", process::path_with(tools)?);
    run(&mut wasm_opt).context("the program cannot be made smaller")
}

/// Makes sure that what browsers put together from a packed program is the whole one.
fn check(packed: &Path, whole: &Path) -> Result<()> {
    let script = "const [unpacker, packed, whole] = process.argv.slice(1);
        const { readFileSync } = await import('node:fs');
        const { unpack } = await import(unpacker);
        process.exit(Buffer.compare(unpack(readFileSync(packed)), readFileSync(whole)) ? 1 : 0);";
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", script]).arg(root().join(UNPACKER)).args([packed, whole]);
    run(&mut node).with_context(|| format!("{UNPACKER} does not put the program together again"))
}

/// Number of functions that a program imports: they come before its own.
fn functions_in(section: ImportSectionReader<'_>) -> Result<u32> {
    let mut functions = 0;
    for import in section.into_imports() {
        functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
    }
    Ok(functions)
}
