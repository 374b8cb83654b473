//! The configuration: one embedded default file, then a file, then the environment, then flags. Unknown keys, wrong types and
//! values out of bounds end the process before a port is bound, naming the key and who set it.

mod bounds;
mod layers;
mod settings;

pub use settings::*;
use std::net::SocketAddr;
use std::path::Path;
use toml::Table;

/// The embedded default file: every key, explained.
pub const DEFAULT: &str = include_str!("../default.toml");

/// A setting is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {detail} ({source_name})")]
pub struct ConfigError {
    /// Which, such as `public.listen`.
    pub key: String,
    /// What is wrong.
    pub detail: String,
    /// Who set it: a file, a variable, a flag.
    pub source_name: String,
}

impl ConfigError {
    pub(crate) fn new(key: &str, source: &str, detail: &str) -> Self {
        Self {
            key: key.to_owned(),
            detail: detail.to_owned(),
            source_name: source.to_owned(),
        }
    }
}

/// Reads all layers and checks them. `variables` are the environment's, `flags` are `section.key` and value.
///
/// # Errors
/// The first setting that is wrong.
pub fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Config, ConfigError> {
    let config: Config =
        serde_path_to_error::deserialize(merge(file, variables, flags)?).map_err(|error| {
            let detail = error.inner().message().to_owned();
            ConfigError::new(&error.path().to_string(), "settings", detail.trim())
        })?;
    config.check()?;
    Ok(config)
}

/// Lays the layers over each other: keys exist, types and bounds are right, and nothing else is known yet.
///
/// # Errors
/// The first setting that is wrong.
pub fn merge(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Table, ConfigError> {
    let mut settings: Table = DEFAULT
        .parse()
        .expect("the embedded file is checked by tests");
    if let Some(path) = file {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new("--config", &name, &error.to_string()))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            ConfigError::new("--config", &name, error.to_string().trim())
        })?;
        layers::lay(&mut settings, table, &name)?;
    }
    for (name, value) in variables {
        let Some(path) = layers::variable_path(&name) else {
            continue;
        };
        layers::set(&mut settings, &path, &value, &name)?;
    }
    for (path, value) in flags {
        layers::set(&mut settings, path, value, "flag")?;
    }
    bounds::check(&settings)?;
    Ok(settings)
}

impl Config {
    /// What no single setting shows.
    fn check(&self) -> Result<(), ConfigError> {
        self.public
            .origin()
            .map_err(|error| ConfigError::new("public.origin", "settings", &error))?;
        self.public
            .proxies()
            .map_err(|error| ConfigError::new("public.trusted_proxies", "settings", &error))?;
        if self.gateway.pong_timeout_ms <= self.gateway.ping_interval_ms {
            return Err(ConfigError::new(
                "gateway.pong_timeout_ms",
                "settings",
                "must be longer than gateway.ping_interval_ms",
            ));
        }
        if self.testing.clock_offset_ms != 0 && !self.testing.allow {
            return Err(ConfigError::new(
                "testing.clock_offset_ms",
                "settings",
                "needs testing.allow",
            ));
        }
        let listeners = [
            ("public.listen", self.public.listen),
            ("operator.listen", self.operator.listen),
            ("health.listen", self.health.listen),
        ];
        for (index, (key, address)) in listeners.iter().enumerate() {
            if self.testing.allow && !address.ip().is_loopback() {
                return Err(ConfigError::new(
                    "testing.allow",
                    "settings",
                    &format!("is refused while {key} is {address}: not loopback"),
                ));
            }
            if let Some((other, _)) = listeners[..index]
                .iter()
                .find(|(_, earlier)| collide(*earlier, *address))
            {
                return Err(ConfigError::new(
                    key,
                    "settings",
                    &format!("{address} is {other}'s too"),
                ));
            }
        }
        Ok(())
    }
}

fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0 && one == other
}

#[cfg(test)]
mod tests;
