//! Whether the core's crates switch on the bans of `clippy.toml`: platform floats, clocks, hash order.

use super::layers::CORE;
use super::{Findings, read};
use anyhow::Result;
use std::path::Path;

/// The line that every crate of the core has at its root; elsewhere the bans are off.
const SWITCH: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

/// Every crate of the core without the switch.
pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Findings::new();
    for name in CORE {
        let source = read(root, format!("{name}/src/lib.rs"))?;
        if !source.lines().any(|line| line == SWITCH) {
            findings.push(format!("{name}/src/lib.rs: the core's bans are off; add `{SWITCH}`"));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;
    use std::fs;
    use std::process::Command;

    /// What clippy says of a crate with this source under a configuration of ours.
    fn clippy(configuration: &str, source: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"scratch\"\nedition = \"2024\"\n[workspace]\n")
            .unwrap();
        fs::write(folder.path().join("src/lib.rs"), format!("{SWITCH}\n{source}\n")).unwrap();
        let output = Command::new("cargo")
            .current_dir(folder.path())
            .args(["clippy", "--quiet", "--offline"])
            .env("CLIPPY_CONF_DIR", workspace::root().join(configuration))
            .env("CARGO_TARGET_DIR", folder.path().join("target"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[test]
    fn the_core_may_not_use_platform_floats_clocks_and_hash_order() {
        let said = clippy(
            "",
            "pub fn float(x: f64) -> f64 { x.sin() + x.powi(3) }\n\
             pub fn small(x: f32) -> f32 { x.tanh() }\n\
             pub fn clock() -> std::time::Instant { std::time::Instant::now() }\n\
             pub fn hash() -> std::collections::HashMap<u8, u8> { [].into() }",
        );
        for banned in ["f64::sin", "f64::powi", "f32::tanh", "std::time::Instant::now", "std::collections::HashMap"] {
            assert!(said.contains(&format!("`{banned}`")), "{banned} was let through:\n{said}");
        }
        assert_eq!(clippy("", "pub fn root(x: f64) -> f64 { x.sqrt().abs().floor() }"), "");
    }

    #[test]
    fn the_page_may_not_use_what_panics_or_blocks_in_a_browser() {
        let said = clippy(
            "xtask/clippy-wasm",
            "pub fn clock() { let _ = std::time::Instant::now(); let _ = std::time::SystemTime::now(); }\n\
             pub fn wait() { std::thread::sleep(std::time::Duration::ZERO); }\n\
             pub fn thread() { let _ = std::thread::spawn(|| ()); }\n\
             pub fn file() { let _ = std::fs::read(\"x\"); }\n\
             pub fn receive(it: &std::sync::mpsc::Receiver<u8>) { let _ = it.recv(); }",
        );
        for banned in [
            "std::time::Instant::now",
            "std::time::SystemTime::now",
            "std::thread::sleep",
            "std::thread::spawn",
            "std::fs::read",
            "std::sync::mpsc::Receiver::recv",
        ] {
            assert!(said.contains(&format!("`{banned}`")), "{banned} was let through:\n{said}");
        }
    }
}
