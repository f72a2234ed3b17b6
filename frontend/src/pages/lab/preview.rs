//! A first look at an environment, before its run has sent anything.

use crate::stage::painter::Preview;
use environments::Environment;
use environments::registry::{self, Visitor};
use shared::{RunSpec, Seed};

/// The environment of a spec at the start of an episode; none if it cannot be built.
pub fn preview(spec: &RunSpec) -> Option<Preview> {
    struct Look(Seed);
    impl Visitor for Look {
        type Output = Preview;
        fn visit<E: Environment>(self, mut environment: E) -> Preview {
            environment.reset(self.0);
            Preview { environment: environment.describe(), scene: environment.draw(), trail: Vec::new() }
        }
    }
    Some(registry::build(&spec.environment).ok()?.accept(Look(spec.seed)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
