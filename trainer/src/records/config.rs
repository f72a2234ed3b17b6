//! What determines a run, as `config.json`.

use super::{RecordsError, files, texts};
use crate::progress::Goal;
use serde::{Deserialize, Serialize};
use shared::parameter::Value;
use shared::spec::RunSpec;
use shared::{RunId, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The format of a file that holds all that it says; one that refers to texts beside it is of the next.
pub const FORMAT: u32 = 1;

/// What a run goes on from: another run, under other settings or from other weights than its latest, or an agent file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// `<environment>/<run>`, where it is kept in a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Which of its weights, e.g. `latest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// The agent file, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Steps that it had made.
    pub step: u64,
    /// Episodes that had ended in it.
    pub episode: u64,
    /// Its run hash there.
    pub run_hash: String,
}

impl Parent {
    /// What it is, and where it stood.
    pub fn words(&self) -> String {
        let origin = match (&self.run, &self.weights, &self.file) {
            (Some(run), Some(weights), _) => format!("{run}, {weights}"),
            (Some(name), None, _) | (None, _, Some(name)) => name.clone(),
            (None, _, None) => "an agent file".into(),
        };
        format!("{origin} (step {}, {} episodes, run hash {})", self.step, self.episode, self.run_hash)
    }
}

/// What determines a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// [`FORMAT`].
    pub format: u32,
    /// Its name, which is that of its directory, whatever the file says: a directory may be copied or renamed.
    pub run: RunId,
    /// Its name at a relay; that of its directory where the directory was copied or renamed.
    pub published_as: RunId,
    /// What wrote it, with its version.
    pub program: String,
    /// When it was begun, in milliseconds since 1970.
    pub created_millis: f64,
    /// Where it is to end.
    pub goal: Goal,
    /// Environment, agent and seed.
    pub spec: RunSpec,
    /// What it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Numbered weights are kept every so many steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_every: Option<u64>,
}

/// A directory's name in letters that names of runs have.
fn plain(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    name.chars().map(plain).take(64).collect()
}

/// What every format begins with.
#[derive(Deserialize)]
struct ConfigHead {
    format: u32,
}

impl RunConfig {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, RecordsError> {
        let bytes = files::read_text(path)?;
        Ok(Self::parse(path, &bytes, &texts::of(files::folder(path)))?.named_after(path))
    }

    /// Reads a file; large texts are the names of their files, as a command line takes them: `@FILE`.
    pub(super) fn read_short(path: &Path) -> Result<Self, RecordsError> {
        let bytes = files::read_text(path)?;
        Ok(Self::parse(path, &bytes, &texts::names_of(files::folder(path)))?.named_after(path))
    }

    fn named_after(mut self, path: &Path) -> Self {
        let name = files::folder(path).file_name().map(|it| it.to_string_lossy());
        if let Some(Ok(name)) = name.map(|name| RunId::new(plain(&name)))
            && name != self.run
        {
            // Two directories under one name at a relay would take the run from each other.
            (self.run, self.published_as) = (name.clone(), name);
        }
        self
    }

    /// Reads the content of a file, `path` in errors.
    pub(super) fn parse(
        path: &Path,
        bytes: &[u8],
        text_of: &dyn Fn(&texts::Reference) -> Result<String, RecordsError>,
    ) -> Result<Self, RecordsError> {
        let damaged =
            |error: serde_json::Error| RecordsError::Damaged { path: path.into(), reason: json::fault(bytes, &error) };
        let ConfigHead { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        match format {
            ..=FORMAT => serde_json::from_slice(bytes).map_err(damaged),
            texts::FORMAT => {
                let file = serde_json::from_slice(bytes).map_err(damaged)?;
                serde_json::from_value(texts::whole(file, text_of)?).map_err(damaged)
            }
            found => Err(RecordsError::Newer { path: path.into(), found, known: texts::FORMAT }),
        }
    }

    /// Writes a file of a run's directory.
    pub fn write(&self, path: &Path) -> Result<(), RecordsError> {
        let RunSpec { environment, agent, .. } = &self.spec;
        if !texts::has_large(&environment.parameters) && !texts::has_large(&agent.parameters) {
            return files::write(path, &files::pretty(self)?);
        }
        files::write(path, &files::pretty(&texts::lay_beside(files::folder(path), self)?)?)
    }

    /// An error that names what this file says otherwise than the weights of its run, because somebody has changed it since.
    pub fn check_against(&self, path: &Path, weights: &RunSpec) -> Result<(), RecordsError> {
        let RunSpec { environment, agent, seed, .. } = &self.spec;
        let mut differ = Vec::new();
        let mut compare = |name: &str, here: String, there: String| {
            if here != there {
                differ.push(format!("{name} is {here} there and was {there}"));
            }
        };
        compare("the environment", environment.id.clone(), weights.environment.id.clone());
        compare("the agent", agent.id.clone(), weights.agent.id.clone());
        compare("the seed", seed.get().to_string(), weights.seed.get().to_string());
        for (here, there) in
            [(&environment.parameters, &weights.environment.parameters), (&agent.parameters, &weights.agent.parameters)]
        {
            let names: BTreeSet<_> = here.iter().chain(there.iter()).map(|(name, _)| name).collect();
            let said = |value: Option<&Value>| value.map_or_else(|| "not given".into(), Value::short);
            for name in names {
                compare(name, said(here.get(name)), said(there.get(name)));
            }
        }
        if differ.is_empty() {
            return Ok(());
        }
        Err(RecordsError::Changed { path: path.into(), differ: differ.join(", ") })
    }

    /// `<environment>/<run>`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.spec.environment.id, self.run)
    }
}
