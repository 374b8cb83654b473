//! Which crate may lean on which: the borders of ARCHITECTURE.md as a table, checked against what `cargo metadata` says
//! the manifests declare. It does not look into source; `rust` does.

use super::Finding;
use anyhow::{Context, Result};
use serde_json::Value;

/// A workspace crate and what its manifest declares.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// One declared dependency.
pub(super) struct Dependency {
    pub(super) name: String,
    /// Only for tests, examples and benchmarks.
    pub(super) dev: bool,
    /// The features it asks for.
    pub(super) features: Vec<String>,
}

/// Where a crate stands.
struct Border {
    name: &'static str,
    /// The workspace crates it may build upon.
    inside: &'static [&'static str],
    /// The workspace crates that its tests may use as well.
    inside_tests: &'static [&'static str],
    /// The crates from outside it may build upon; `None` leaves it free (but see [`OWNED`]).
    outside: Option<&'static [&'static str]>,
}

const PORTS: &[&str] = &["queue-domain", "queue-protocol", "queue-ports"];

/// What a service with a listener may build upon.
const SERVED: &[&str] = &[
    "queue-domain",
    "queue-protocol",
    "queue-ports",
    "queue-edge",
];

impl Border {
    /// Free in what it takes from outside.
    const fn free(
        name: &'static str,
        inside: &'static [&'static str],
        inside_tests: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            inside,
            inside_tests,
            outside: None,
        }
    }
}

/// From the inside out. A crate that is not here has no place yet and is a finding.
const BORDERS: &[Border] = &[
    // The rules: pure, so that every process that folds the log agrees to the byte.
    Border {
        name: "queue-domain",
        inside: &[],
        inside_tests: &[],
        outside: Some(&["sha2", "hmac", "hashbrown", "thiserror"]),
    },
    Border::free("queue-protocol", &["queue-domain"], &[]),
    Border::free("queue-ports", &["queue-domain", "queue-protocol"], &[]),
    // What every HTTP listener shares: accept loop, problems, cookies. A library of the services.
    Border::free("queue-edge", PORTS, &[]),
    // Back ends know the ports and nothing of each other.
    Border::free("queue-embedded", PORTS, &[]),
    Border::free("queue-kafka", PORTS, &[]),
    Border::free("queue-redis", PORTS, &[]),
    Border::free("queue-postgres", PORTS, &[]),
    // Services know the ports, neither each other nor a back end. Their tests run on the embedded
    // ones, with a consumer to fold.
    Border::free("consumer", PORTS, &["queue-embedded"]),
    Border::free("producer-api", SERVED, &["queue-embedded", "consumer"]),
    Border::free("gateway", SERVED, &["queue-embedded", "consumer"]),
    // The checker has naive rules of its own: it reads what was written, never how it was decided.
    Border::free("queue-audit", &["queue-protocol", "queue-ports"], &[]),
    // The checker's controls are tests and nothing else: the only ones who fold with a rule broken.
    Border::free("queue-controls", &[], CONTROLLED),
    // The wiring knows everybody, and nobody knows the wiring.
    Border::free("banjjak", EVERYBODY, &[]),
    // The house works on the workspace from outside.
    Border::free("xtask", &[], &[]),
];

const CONTROLLED: &[&str] = &[
    "queue-domain",
    "queue-protocol",
    "queue-ports",
    "queue-embedded",
    "queue-audit",
];

const EVERYBODY: &[&str] = &[
    "queue-domain",
    "queue-protocol",
    "queue-ports",
    "queue-edge",
    "queue-embedded",
    "queue-kafka",
    "queue-redis",
    "queue-postgres",
    "consumer",
    "producer-api",
    "gateway",
    "queue-audit",
];

/// Crates from outside that only their owners may name, in tests too.
const OWNED: &[(&str, &[&str])] = &[
    ("rdkafka", &["queue-kafka"]),
    ("redis", &["queue-redis"]),
    ("sqlx", &["queue-postgres"]),
];

/// Crates from outside that only their owners may build upon; tests elsewhere may.
const OWNED_OUTSIDE_TESTS: &[(&str, &[&str])] = &[
    // The audit opens the embedded files read-only; tests damage them.
    ("rusqlite", &["queue-embedded", "queue-audit"]),
    // Errors lose their type: for the outermost layer only.
    ("anyhow", &["banjjak", "xtask"]),
    ("clap", &["banjjak", "xtask"]),
    ("minijinja", &["producer-api"]),
];

/// Features that exist for tests; what is shipped never asks for them.
const FOR_TESTS: &[&str] = &["sabotage", "contract", "test-clock"];

/// The packages in the output of `cargo metadata --no-deps`.
pub(super) fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata has no packages")?;
    packages.iter().map(package).collect()
}

fn package(package: &Value) -> Result<Package> {
    let name = package["name"]
        .as_str()
        .context("a package without a name")?
        .to_owned();
    let dependencies = package["dependencies"]
        .as_array()
        .context("a package without dependencies")?;
    let dependencies = dependencies.iter().map(dependency).collect::<Result<_>>()?;
    Ok(Package { name, dependencies })
}

fn dependency(dependency: &Value) -> Result<Dependency> {
    let name = dependency["name"]
        .as_str()
        .context("a dependency without a name")?
        .to_owned();
    let features = dependency["features"].as_array().into_iter().flatten();
    let features = features
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    Ok(Dependency {
        name,
        dev: dependency["kind"] == "dev",
        features,
    })
}

/// Every dependency that crosses a border.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages
        .iter()
        .flat_map(|package| check_package(package, packages))
        .collect()
}

fn check_package(package: &Package, workspace: &[Package]) -> Vec<Finding> {
    let Some(border) = BORDERS.iter().find(|border| border.name == package.name) else {
        let message = "has no place in the table of borders (crates/xtask/src/tidy/borders.rs): say what it may lean on";
        return vec![finding(&package.name, message.to_owned())];
    };
    let crossing = package.dependencies.iter().filter_map(|dependency| {
        let inside = workspace.iter().any(|other| other.name == dependency.name);
        let why = if inside {
            crosses_inside(border, dependency)
        } else {
            crosses_outside(border, dependency)
        };
        why.map(|why| finding(&package.name, why))
    });
    crossing.collect()
}

fn crosses_inside(border: &Border, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let for_tests = dependency
        .features
        .iter()
        .find(|feature| FOR_TESTS.contains(&feature.as_str()));
    if let Some(feature) = for_tests.filter(|_| !dependency.dev) {
        return Some(format!(
            "must not ask {name} for {feature}: that is for tests"
        ));
    }
    let allowed =
        border.inside.contains(&name) || dependency.dev && border.inside_tests.contains(&name);
    (!allowed).then(|| format!("must not depend on {name}: dependencies point inward"))
}

fn crosses_outside(border: &Border, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let owner = |table: &[(&str, &'static [&'static str])]| {
        table
            .iter()
            .find(|(owned, _)| *owned == name)
            .map(|&(_, owners)| owners)
    };
    let owners = owner(OWNED).or_else(|| owner(OWNED_OUTSIDE_TESTS).filter(|_| !dependency.dev));
    if let Some(owners) = owners.filter(|owners| !owners.contains(&border.name)) {
        return Some(format!(
            "must not depend on {name}: only {} may",
            owners.join(", ")
        ));
    }
    let outside = border.outside.filter(|_| !dependency.dev)?;
    (!outside.contains(&name)).then(|| {
        format!(
            "must not depend on {name}: its whole list is {}",
            outside.join(", ")
        )
    })
}

fn finding(package: &str, message: String) -> Finding {
    Finding {
        path: format!("crates/{package}/Cargo.toml"),
        line: 0,
        rule: super::Rule::Borders,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let normal = normal.iter().map(|name| Dependency {
            name: (*name).to_owned(),
            dev: false,
            features: Vec::new(),
        });
        let dev = dev.iter().map(|name| Dependency {
            name: (*name).to_owned(),
            dev: true,
            features: Vec::new(),
        });
        Package {
            name: name.to_owned(),
            dependencies: normal.chain(dev).collect(),
        }
    }

    /// The findings for one crate in a workspace that has every crate of the table.
    fn check_one(name: &str, normal: &[&str], dev: &[&str]) -> Vec<String> {
        let mut workspace: Vec<_> = BORDERS
            .iter()
            .map(|border| package(border.name, &[], &[]))
            .collect();
        workspace.retain(|package| package.name != name);
        workspace.push(package(name, normal, dev));
        check(&workspace)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn inward_is_allowed() {
        assert!(
            check_one(
                "producer-api",
                &["queue-ports", "queue-domain", "axum"],
                &["queue-embedded"]
            )
            .is_empty()
        );
        assert!(check_one("queue-domain", &["sha2", "hmac"], &["proptest"]).is_empty());
        assert!(check_one("banjjak", &["queue-embedded", "gateway", "anyhow"], &[]).is_empty());
    }

    #[test]
    fn every_border_bites() {
        let crossings = [
            ("queue-domain", "serde"),
            ("queue-domain", "tokio"),
            ("queue-domain", "queue-protocol"),
            ("queue-protocol", "queue-ports"),
            ("queue-audit", "queue-domain"),
            ("producer-api", "consumer"),
            ("gateway", "queue-embedded"),
            ("consumer", "rusqlite"),
            ("queue-embedded", "rdkafka"),
            ("queue-embedded", "queue-redis"),
            ("queue-ports", "sqlx"),
            ("consumer", "anyhow"),
            ("producer-api", "banjjak"),
            ("xtask", "queue-domain"),
        ];
        for (from, to) in crossings {
            assert_eq!(check_one(from, &[to], &[]).len(), 1, "{from} -> {to}");
        }
    }

    #[test]
    fn tests_may_not_cross_everything() {
        assert_eq!(check_one("queue-audit", &[], &["queue-domain"]).len(), 1);
        assert_eq!(check_one("gateway", &[], &["rdkafka"]).len(), 1);
        assert_eq!(check_one("consumer", &[], &["gateway"]).len(), 1);
        assert!(check_one("gateway", &[], &["anyhow"]).is_empty());
    }

    #[test]
    fn what_is_for_tests_is_not_shipped() {
        let features = vec!["sabotage".to_owned()];
        for (dev, count) in [(true, 0), (false, 1)] {
            let domain = Dependency {
                name: "queue-domain".into(),
                dev,
                features: features.clone(),
            };
            let consumer = Package {
                name: "consumer".into(),
                dependencies: vec![domain],
            };
            assert_eq!(
                check(&[consumer, package("queue-domain", &[], &[])]).len(),
                count
            );
        }
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        let found = check(&[package("queue-helpers", &[], &[])]);
        assert!(
            found[0].message.contains("no place"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn metadata_is_read() {
        let metadata = serde_json::json!({"packages": [{"name": "gateway", "dependencies": [
            {"name": "tokio", "kind": null}, {"name": "proptest", "kind": "dev"}]}]});
        let packages = packages(&metadata).unwrap();
        assert_eq!(
            packages[0]
                .dependencies
                .iter()
                .map(|d| d.dev)
                .collect::<Vec<_>>(),
            [false, true]
        );
    }
}
