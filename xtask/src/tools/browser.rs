//! A Chromium and its driver, whose major versions must be equal.

use super::kit::announce;
use crate::process::{self, run};
use crate::workspace::target;
use anyhow::{Context as _, Result, anyhow, bail};
use nix::unistd::Uid;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Arguments for a browser without a screen, which asks nobody anything.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser for tests.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Its program.
    pub(crate) chromium: PathBuf,
    /// Its driver.
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// The browser that `CHROME` and `CHROMEDRIVER` name, or the one on PATH, or the distribution's.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return found;
        }
        announce("Chromium", "is the browser that the tests drive", "a minute or two");
        apt_get(&["update"])?;
        apt_get(&["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver", "fonts-dejavu-core"])?;
        Self::find().context(format!("apt-get brought no chromium and chromedriver. {WAY_OUT}"))?
    }

    /// A driver and a browser of the same version; none if one of the two is missing.
    fn find() -> Option<Result<Self>> {
        let named = |variable, programs: &[&str]| -> Vec<PathBuf> {
            match env::var_os(variable).map(PathBuf::from) {
                Some(given) => vec![given],
                None => programs.iter().filter_map(|it| process::find_on_path(it)).collect(),
            }
        };
        let driver = named("CHROMEDRIVER", &["chromedriver"]).into_iter().next()?;
        let browsers = named("CHROME", &["chromium", "chromium-browser", "google-chrome"]);
        let versions: Vec<_> = browsers.iter().map(|it| major(it)).collect();
        let wanted = major(&driver);
        let fitting = browsers.iter().zip(&versions).find(|(_, version)| version.is_some() && **version == wanted);
        match fitting {
            Some((chromium, _)) => Some(Ok(Self { chromium: chromium.clone(), driver })),
            None if browsers.is_empty() => None,
            None => Some(Err(anyhow!(
                "chromedriver is of version {}, but the browsers here are of {}; they must be equal. {WAY_OUT}",
                shown(wanted),
                versions.into_iter().map(shown).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// The file that tells the wasm test runner how to start this browser.
    pub(crate) fn webdriver_file(&self) -> Result<PathBuf> {
        let options = serde_json::json!({ "goog:chromeOptions": { "binary": self.chromium, "args": ARGUMENTS } });
        let file = target().join("webdriver.json");
        fs::create_dir_all(target())?;
        fs::write(&file, options.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}

const WAY_OUT: &str = "Set CHROME and CHROMEDRIVER to a browser and driver of the same version \
                       (where apt-get's chromium is only a pointer to a snap, take your vendor's package).";

/// The major version that a browser or driver says it has: the first number in its words.
fn major(program: &Path) -> Option<u32> {
    first_number(&process::probe(Command::new(program).arg("--version"))?)
}

fn shown(version: Option<u32>) -> String {
    version.map_or_else(|| "none (it does not start)".into(), |it| it.to_string())
}

fn first_number(words: &str) -> Option<u32> {
    words.split(|it: char| !it.is_ascii_digit()).find(|it| !it.is_empty())?.parse().ok()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    if process::find_on_path("apt-get").is_none() {
        bail!("there is no apt-get here. {WAY_OUT}");
    }
    let mut command = if Uid::effective().is_root() {
        Command::new("apt-get")
    } else if process::find_on_path("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    } else {
        bail!("installing Chromium needs root or sudo. {WAY_OUT}");
    };
    run(command.args(["--quiet", "--quiet"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        .context("apt-get must be able to reach the distribution's archive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(first_number("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"), Some(156));
        assert_eq!(first_number("ChromeDriver 156.0.8078.79 (a21ce95)"), Some(156));
        assert_eq!(first_number("no version"), None);
    }
}
