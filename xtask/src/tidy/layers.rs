//! Which crate may depend on which: imports run downwards only.

use super::Findings;
use crate::workspace::Crate;

/// A room: its crate, the rooms below that it may import, those that only its tests may.
struct CrateRoom {
    name: &'static str,
    imports: &'static [&'static str],
    imports_in_tests: &'static [&'static str],
}

const ROOMS: [CrateRoom; 15] = [
    CrateRoom { name: "shared", imports: &[], imports_in_tests: &[] },
    CrateRoom { name: "plot", imports: &[], imports_in_tests: &[] },
    CrateRoom { name: "environments", imports: &["shared"], imports_in_tests: &[] },
    CrateRoom { name: "networks", imports: &["shared"], imports_in_tests: &[] },
    CrateRoom { name: "agents", imports: &["shared", "environments", "networks"], imports_in_tests: &[] },
    CrateRoom { name: "run", imports: &["shared", "environments", "networks", "agents"], imports_in_tests: &[] },
    CrateRoom { name: "policies", imports: &["shared", "environments", "agents", "run"], imports_in_tests: &[] },
    CrateRoom { name: "deep", imports: &["shared", "networks", "agents", "run"], imports_in_tests: &[] },
    CrateRoom {
        name: "trainer",
        imports: &["shared", "environments", "networks", "agents", "run", "policies", "deep"],
        imports_in_tests: &["server"],
    },
    CrateRoom {
        name: "frontend",
        imports: &["shared", "plot", "environments", "networks", "agents", "run", "policies"],
        imports_in_tests: &[],
    },
    CrateRoom { name: "view3d", imports: &["shared"], imports_in_tests: &["environments"] },
    CrateRoom { name: "server", imports: &["shared"], imports_in_tests: &[] },
    CrateRoom { name: "terrarium", imports: &["server", "shared", "trainer"], imports_in_tests: &[] },
    CrateRoom {
        name: "terrarium-python",
        imports: &["shared", "environments", "agents", "trainer"],
        imports_in_tests: &[],
    },
    CrateRoom { name: "xtask", imports: &["plot"], imports_in_tests: &[] },
];

/// The rooms that know of no thread, clock, socket, file or page.
pub(super) const CORE: [&str; 5] = ["shared", "environments", "networks", "agents", "run"];

/// The libraries that the core is built from: none of them reaches outside.
const LIBRARIES_OF_THE_CORE: [&str; 16] = [
    "crc",
    "csv",
    "flate2",
    "libm",
    "pulp",
    "rand_core",
    "rand_xoshiro",
    "rmp-serde",
    "rsparse",
    "safetensors",
    "serde",
    "serde_bytes",
    "serde_json",
    "sha2",
    "thiserror",
    "winnow",
];

/// Every import that runs upwards or out of the core.
pub(super) fn check(crates: &[Crate]) -> Findings {
    crates.iter().flat_map(check_crate).collect()
}

fn check_crate(found: &Crate) -> Findings {
    let Some(room) = ROOMS.iter().find(|it| it.name == found.name) else {
        return vec![format!(
            "{}/Cargo.toml: this crate has no floor yet; give it one in xtask/src/tidy/layers.rs",
            found.folder.file_name().unwrap_or_default().display()
        )];
    };
    let is_room = |name: &&String| ROOMS.iter().any(|it| it.name == *name);
    let mut findings = Findings::new();
    for name in found.dependencies.iter().filter(is_room) {
        if !room.imports.contains(&name.as_str()) {
            findings.push(format!("{}/Cargo.toml: {} may not import {name}", room.name, room.name));
        }
    }
    for name in found.test_dependencies.iter().filter(is_room) {
        if !room.imports.contains(&name.as_str()) && !room.imports_in_tests.contains(&name.as_str()) {
            findings.push(format!("{}/Cargo.toml: the tests of {} may not import {name}", room.name, room.name));
        }
    }
    if CORE.contains(&room.name) {
        for name in found.dependencies.iter().filter(|name| !is_room(name)) {
            if !LIBRARIES_OF_THE_CORE.contains(&name.as_str()) {
                findings.push(format!(
                    "{}/Cargo.toml: the core is not built from {name}; \
                     if it reaches no clock, thread, file, socket or page, name it in xtask/src/tidy/layers.rs",
                    room.name
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_of(name: &str, dependencies: &[&str], test_dependencies: &[&str]) -> Crate {
        let names = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        Crate {
            name: name.into(),
            folder: name.into(),
            dependencies: names(dependencies),
            test_dependencies: names(test_dependencies),
        }
    }

    #[test]
    fn downward_imports_are_fine() {
        let run = crate_of("run", &["shared", "environments", "agents", "serde"], &["proptest"]);
        let trainer = crate_of("trainer", &["run", "tokio"], &["server"]);
        assert_eq!(check(&[run, trainer]), Findings::new());
    }

    #[test]
    fn upward_imports_are_named() {
        let findings = check(&[crate_of("server", &["shared", "run"], &["agents"])]);
        assert_eq!(
            findings,
            [
                "server/Cargo.toml: server may not import run",
                "server/Cargo.toml: the tests of server may not import agents"
            ]
        );
    }

    #[test]
    fn the_core_reaches_nothing_outside() {
        let findings = check(&[crate_of("run", &["tokio"], &[])]);
        assert!(findings[0].starts_with("run/Cargo.toml: the core is not built from tokio"), "{findings:?}");
    }

    #[test]
    fn a_new_crate_must_find_its_floor() {
        assert!(check(&[crate_of("attic", &[], &[])])[0].contains("attic/Cargo.toml: this crate has no floor"));
    }
}
