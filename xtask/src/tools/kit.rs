//! A tool of a fixed version, wherever it is.

use crate::process::{self, run};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A tool that is found or built.
#[derive(Debug)]
pub(super) struct ProgramTool {
    /// Its name in the cache.
    pub(super) name: &'static str,
    /// The version that is known to work.
    pub(super) version: &'static str,
    /// Its programs, all in one folder; the first tells the version.
    pub(super) programs: &'static [&'static str],
    /// Where it comes from.
    pub(super) install: Install,
    /// What it does for us.
    pub(super) purpose: &'static str,
    /// How long the installation usually takes on two cores.
    pub(super) takes: &'static str,
}

/// Where a tool comes from.
#[derive(Debug)]
pub(super) enum Install {
    /// Fetched as it was built elsewhere where `cargo binstall` is there, else built by `cargo install`.
    Cargo {
        /// The package's name.
        package: &'static str,
        /// Whether to build with the package's own lock file.
        locked: bool,
    },
    /// Fetched by `npm install`.
    Npm {
        /// The package's name.
        package: &'static str,
        /// What `--version` prints.
        shown_version: &'static str,
    },
}

impl ProgramTool {
    /// The folder that the tool's programs are in.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        if let Some(folder) = self.on_path() {
            return Ok(folder);
        }
        let home = cache()?.join(format!("{}-{}", self.name, self.version));
        let folder = home.join(self.install.programs());
        if !self.is_in(&folder) {
            self.install_into(&home)?;
        }
        if !self.is_in(&folder) {
            bail!(
                "{} {} was installed but does not start; remove {} and try again",
                self.name,
                self.version,
                home.display()
            );
        }
        Ok(folder)
    }

    fn on_path(&self) -> Option<PathBuf> {
        let folder = process::find_on_path(self.programs[0])?.parent()?.to_path_buf();
        self.is_in(&folder).then_some(folder)
    }

    /// Whether a folder has every program, in this version.
    fn is_in(&self, folder: &Path) -> bool {
        let shown = match self.install {
            Install::Cargo { .. } => self.version,
            Install::Npm { shown_version, .. } => shown_version,
        };
        self.programs.iter().all(|program| folder.join(program).is_file())
            && process::probe(Command::new(folder.join(self.programs[0])).arg("--version"))
                .is_some_and(|words| words.contains(shown))
    }

    /// Installs beside the final place and moves it there, so that a broken installation is never found.
    fn install_into(&self, home: &Path) -> Result<()> {
        announce(&format!("{} {}", self.name, self.version), self.purpose, self.takes);
        let partial = home.with_extension(format!("partial-{}", std::process::id()));
        fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
        let installed = self.install.run(self.version, &partial);
        let moved = installed.and_then(|()| {
            let _ = fs::remove_dir_all(home);
            fs::rename(&partial, home).with_context(|| format!("cannot write {}", home.display()))
        });
        if moved.is_err() {
            let _ = fs::remove_dir_all(&partial);
        }
        moved
    }
}

impl Install {
    /// Where the programs are within the installation.
    fn programs(&self) -> &'static str {
        match self {
            Self::Cargo { .. } => "bin",
            Self::Npm { .. } => "node_modules/.bin",
        }
    }

    fn run(&self, version: &str, into: &Path) -> Result<()> {
        match self {
            Self::Cargo { package, .. } if has_binstall() && run(&mut prebuilt(package, version, into)).is_ok() => {
                Ok(())
            }
            Self::Cargo { package, locked } => {
                let mut cargo = Command::new("cargo");
                cargo.args(["install", package, "--version", version, "--quiet", "--root"]).arg(into);
                if *locked {
                    cargo.arg("--locked");
                }
                // Built in a third of the time; these tools spend theirs on reading and writing.
                cargo
                    .current_dir(into)
                    .env("CARGO_TARGET_DIR", into.join("build"))
                    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                    .env("CARGO_PROFILE_RELEASE_LTO", "off")
                    .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                    .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
                run(&mut cargo).context("it needs a C compiler and the crates' registry")?;
                let _ = fs::remove_dir_all(into.join("build"));
                Ok(())
            }
            Self::Npm { package, .. } => {
                let mut npm = super::npm();
                npm.arg("install").arg("--prefix").arg(into).arg(format!("{package}@{version}"));
                run(&mut npm).context("node and npm must be installed and npm able to reach its registry")
            }
        }
    }
}

fn has_binstall() -> bool {
    process::probe(Command::new("cargo").args(["binstall", "-V"])).is_some()
}

/// Fetches a package's programs and never builds them: we build them quicker.
fn prebuilt(package: &str, version: &str, into: &Path) -> Command {
    let mut binstall = Command::new("cargo");
    binstall.args(["binstall", package, "--version", version, "--no-confirm", "--disable-strategies", "compile"]);
    binstall.arg("--root").arg(into);
    binstall
}

/// Says what is about to be installed.
pub(super) fn announce(what: &str, purpose: &str, takes: &str) {
    println!("\nGetting {what}, which {purpose}: usually {takes}.");
}

/// The folder for built tools: `terrarium/tools` in the user's cache.
pub(super) fn cache() -> Result<PathBuf> {
    let base = match (env::var_os("XDG_CACHE_HOME"), env::home_dir()) {
        (Some(given), _) if !given.is_empty() => PathBuf::from(given),
        (_, Some(home)) => home.join(".cache"),
        _ => bail!("no place for built tools: set HOME or XDG_CACHE_HOME"),
    };
    Ok(base.join("terrarium/tools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: ProgramTool = ProgramTool {
        name: "echo",
        version: "1.0",
        programs: &["echo"],
        install: Install::Npm { package: "echo", shown_version: "--version" },
        purpose: "is a test",
        takes: "no time",
    };

    #[test]
    fn what_was_built_elsewhere_is_fetched_in_the_same_version_to_the_same_place() {
        let command = prebuilt("trunk", "0.21.14", Path::new("/cache/trunk"));
        let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        assert_eq!(words[..4], ["binstall", "trunk", "--version", "0.21.14"]);
        assert!(words.ends_with(&["--root".into(), "/cache/trunk".into()]), "{words:?}");
    }

    #[test]
    fn a_tool_is_known_by_what_it_says_its_version_is() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("echo");
        fs::write(&program, "#!/bin/sh\necho \"$@\"\n").unwrap();
        assert!(!SHELL.is_in(folder.path()), "not executable");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(SHELL.is_in(folder.path()));
        let other = ProgramTool { install: Install::Npm { package: "echo", shown_version: "2.0" }, ..SHELL };
        assert!(!other.is_in(folder.path()), "another version");
        let more = ProgramTool { programs: &["echo", "missing"], ..SHELL };
        assert!(!more.is_in(folder.path()), "a program is missing");
    }
}
