//! The page's program, as it travels: without what panics say, made small, and with its functions in an order
//! and with numbers for their locals that compress well.

mod locals;
mod order;
mod panics;

use crate::process::{self, run};
use crate::workspace::target;
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

/// Functions resemble each other more once their locals have other numbers, and so they are put in order anew.
const ROUNDS: usize = 2;

/// Packs a program in its place, with the tools in these folders. What was packed before is not packed again.
pub(super) fn pack(file: &Path, tools: &[PathBuf]) -> Result<()> {
    let program = fs::read(file)?;
    let mut hasher = DefaultHasher::new();
    // Whoever changes what packs finds nothing packed.
    (&program, OPTIONS, fs::read(env::current_exe()?)?).hash(&mut hasher);
    let packed = target().join("packed").join(format!("{:016x}.wasm", hasher.finish()));
    if !packed.is_file() {
        let folder = target().join("packed");
        if folder.is_dir() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let (silent, small) = (folder.join("silent"), folder.join("small"));
        fs::write(&silent, panics::silence(&program)?)?;
        let mut wasm_opt = Command::new("wasm-opt");
        wasm_opt.args(OPTIONS).arg(&silent).arg("-o").arg(&small).env("PATH", process::path_with(tools)?);
        run(&mut wasm_opt).context("the program cannot be made smaller")?;
        let mut program = fs::read(small)?;
        for _ in 0..ROUNDS {
            program = locals::by_likeness(&order::by_likeness(&program)?)?;
        }
        fs::write(&packed, program)?;
    }
    fs::copy(packed, file)?;
    Ok(())
}

/// Number of functions that a program imports: they come before its own.
fn functions_in(section: ImportSectionReader<'_>) -> Result<u32> {
    let mut functions = 0;
    for import in section.into_imports() {
        functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
    }
    Ok(functions)
}
