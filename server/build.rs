//! Puts the built page where the program takes it from: the folder that `TERRARIUM_EMBED_PAGE` names, or none.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=TERRARIUM_EMBED_PAGE");
    println!("cargo:rerun-if-changed=build.rs");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    let inside = PathBuf::from(out).join("page");
    if inside.exists() {
        fs::remove_dir_all(&inside)?;
    }
    fs::create_dir_all(&inside)?;
    let Some(page) = env::var_os("TERRARIUM_EMBED_PAGE").filter(|it| !it.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    println!("cargo:rerun-if-changed={}", page.display());
    if !page.join("index.html").is_file() {
        let reason = "holds no index.html; name the folder of a built page, as `cargo xtask dist` makes it";
        return Err(io::Error::other(format!("TERRARIUM_EMBED_PAGE is {}, which {reason}", page.display())));
    }
    copy(&page, &inside)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
