//! Files that a sweep's spec names as values: `set.table = "@lake.csv"`, from the folder of the spec on.

use crate::settings;
use crate::sweep_error::SweepError;
use run::experiment::{Candidate, Experiment, ExperimentCell};
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, Parameters, Value};
use shared::spec::RunSpec;
use std::collections::BTreeMap;
use std::path::Path;

/// What begins the name of a file.
const MARK: char = '@';

/// Texts in files, by the names that the spec gives them: plans and tables have the name, and only a run the text.
#[derive(Debug, Default)]
pub(super) struct NamedTexts(BTreeMap<String, String>);

impl NamedTexts {
    /// Reads what the spec at `path` names, and puts it into the experiment.
    pub(super) fn read(path: &Path, experiment: &mut Experiment) -> Result<Self, SweepError> {
        let mut named = Self::default();
        let environments = |id: &str| environments::registry::find(id).ok();
        named.fill_in("environments", path, &mut experiment.environments, &environments)?;
        named.fill_in("agents", path, &mut experiment.agents, &|id| agents::registry::find(id).ok())?;
        Ok(named)
    }

    fn fill_in(
        &mut self,
        list: &str,
        path: &Path,
        candidates: &mut [Candidate],
        find: &dyn Fn(&str) -> Option<CatalogEntry>,
    ) -> Result<(), SweepError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        for (index, candidate) in candidates.iter_mut().enumerate() {
            let parameters = find(&candidate.id).map(|entry| entry.parameters).unwrap_or_default();
            for (name, choices) in &mut candidate.set {
                let is_text = |kind: &ParameterKind| matches!(kind, ParameterKind::Text { .. });
                if !parameters.iter().any(|it| it.name == *name && is_text(&it.kind)) {
                    continue;
                }
                for value in &mut choices.0 {
                    let Value::Text(text) = value else { continue };
                    let Some(file) = text.strip_prefix(MARK) else { continue };
                    let file = folder.join(file);
                    let content = settings::text_of(&file).map_err(|source| SweepError::Text {
                        path: path.to_owned(),
                        place: format!("{list}[{index}] ({}): set.{name}", candidate.id),
                        file,
                        source,
                    })?;
                    self.0.insert(std::mem::replace(text, content.clone()), content);
                }
            }
        }
        Ok(())
    }

    /// Puts the names in the place of the texts.
    pub(super) fn name(&self, spec: &mut RunSpec) {
        let name_of = |text: &String| self.0.iter().find(|(_, content)| *content == text).map(|(name, _)| name);
        self.replace(spec, &|text| name_of(text).cloned());
    }

    /// A run with the texts in the place of the names.
    pub(super) fn whole(&self, cell: &ExperimentCell) -> ExperimentCell {
        let mut cell = cell.clone();
        self.replace(&mut cell.spec, &|name| self.0.get(name).cloned());
        cell
    }

    fn replace(&self, spec: &mut RunSpec, other: &dyn Fn(&String) -> Option<String>) {
        if self.0.is_empty() {
            return;
        }
        let texts = |parameters: &mut Parameters| {
            for value in parameters.values_mut() {
                if let Value::Text(text) = value
                    && let Some(other) = other(text)
                {
                    *text = other;
                }
            }
        };
        texts(&mut spec.environment.parameters);
        texts(&mut spec.agent.parameters);
    }
}
