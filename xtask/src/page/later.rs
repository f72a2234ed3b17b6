//! The programs that visitors load when they ask for them, each with its style sheet: some places, and the stage in
//! three dimensions. `frontend/later.js` loads them.

use super::{OPTIMIZE, PROFILE, WASM, joined};
use crate::process::run;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A program that comes later.
#[derive(Debug)]
pub(super) struct LaterProgram {
    /// The crate's program, and the beginning of the names of what it becomes.
    pub(super) name: &'static str,
    /// What its style sheet is made of.
    styles: &'static [&'static str],
    /// The crate.
    package: &'static str,
}

/// All of them.
pub(super) const PROGRAMS: [LaterProgram; 2] = [
    LaterProgram {
        name: "places",
        styles: &["compare", "hosts", "lesson_editor", "library", "maps", "mdp"],
        package: "frontend",
    },
    LaterProgram { name: "view3d", styles: &["view3d"], package: "view3d" },
];

/// The beginning of the name of the script that loads them.
pub(super) const SCRIPT: &str = "later";

impl LaterProgram {
    /// Compiles it and gives the program as cargo leaves it.
    pub(super) fn compile(&self) -> Result<PathBuf> {
        let mut program = cargo(&["build", "--package", self.package, "--bin", self.name]);
        run(program.args(["--target", WASM, "--profile", PROFILE]))
            .with_context(|| format!("the program {} does not build", self.name))?;
        Ok(target().join(WASM).join(PROFILE).join(format!("{}.wasm", self.name)))
    }

    /// Adds it to the page in `folder`, and says there how its files are called.
    pub(super) fn add(&self, folder: &Path) -> Result<()> {
        let name = self.name;
        let program = joined::join(&self.compile()?, name, OPTIMIZE)?;
        let mut style = String::new();
        for sheet in self.styles {
            let sheet = root().join(format!("frontend/style/{sheet}.css"));
            style += &fs::read_to_string(&sheet).with_context(|| format!("cannot read {}", sheet.display()))?;
        }
        let sheet = program.module.with_extension("css");
        fs::write(&sheet, style)?;
        let hashed = format!("{name}-{}", joined::hash(&[&program.module, &program.script, &sheet])?);
        program.put(folder, &hashed)?;
        fs::copy(&sheet, folder.join(format!("{hashed}.css")))?;
        // The part of the page that names the files.
        let meta = |content: &str| format!(r#"<meta name="{name}" content="{content}" />"#);
        joined::name(folder, &meta(name), &meta(&hashed))
    }
}
