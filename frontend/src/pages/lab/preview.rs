//! A first look at an environment, before its run has sent anything.

use crate::stage::painter::Preview;
use environments::Environment as _;
use environments::registry;
use shared::RunSpec;

/// The environment of a spec at the start of an episode; none if it cannot be built.
pub fn preview(spec: &RunSpec) -> Option<Preview> {
    let mut environment = registry::build(&spec.environment).ok()?;
    environment.reset(spec.seed);
    Some(Preview { environment: environment.describe(), scene: environment.draw(), trail: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Seed;

    #[test]
    fn every_environment_can_be_looked_at() {
        for entry in registry::catalog() {
            let spec = RunSpec::new(&entry.id, "q-learning", Seed::new(1).unwrap());
            let preview = preview(&spec).unwrap_or_else(|| panic!("{} cannot be built", entry.id));
            assert!(preview.scene.width > 0.0 && !preview.scene.shapes.is_empty(), "{}", entry.id);
            assert!(!preview.scene.words.is_empty(), "{} has no words", entry.id);
        }
    }
}
