//! Layers of settings: defaults, file, environment, flags, laid over each other key by key. What values mean is not known here.

use super::ConfigError;
use toml::{Table, Value};

/// Before the name of every variable.
pub(super) const VARIABLE_PREFIX: &str = "BANJJAK__";

/// Lays `over` on `base`. Every key must exist in `base` with the same type; `source` says whose key was wrong.
///
/// A table whose `kind` differs replaces the other as a whole: settings of one back end are no defaults for another.
pub(super) fn lay(base: &mut Table, over: Table, source: &str) -> Result<(), ConfigError> {
    lay_at(base, over, source, "")
}

fn lay_at(base: &mut Table, over: Table, source: &str, path: &str) -> Result<(), ConfigError> {
    for (key, value) in over {
        let at = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some(known) = base.get_mut(&key) else {
            return Err(ConfigError::new(&at, source, "there is no such setting"));
        };
        match (known, value) {
            (Value::Table(inner), Value::Table(value)) => lay_at(inner, value, source, &at)?,
            (known, value) if known.same_type(&value) => *known = value,
            (known, value) => {
                return Err(ConfigError::new(
                    &at,
                    source,
                    &format!(
                        "takes {}, not {}",
                        article(known.type_str()),
                        article(value.type_str())
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// Sets one key from text, read as the type that it has. Lists are separated by commas.
pub(super) fn set(
    base: &mut Table,
    path: &str,
    text: &str,
    source: &str,
) -> Result<(), ConfigError> {
    let unknown = || ConfigError::new(path, source, "there is no such setting");
    let (section, key) = path.split_once('.').ok_or_else(unknown)?;
    let known = base
        .get_mut(section)
        .and_then(Value::as_table_mut)
        .and_then(|table| table.get_mut(key))
        .ok_or_else(unknown)?;
    *known = read(known, text).ok_or_else(|| {
        ConfigError::new(
            path,
            source,
            &format!("takes {}, not \"{text}\"", article(known.type_str())),
        )
    })?;
    Ok(())
}

fn read(like: &Value, text: &str) -> Option<Value> {
    match like {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// `BANJJAK__PUBLIC__LISTEN` is `public.listen`.
pub(super) fn variable_path(name: &str) -> Option<String> {
    Some(
        name.strip_prefix(VARIABLE_PREFIX)?
            .to_lowercase()
            .replacen("__", ".", 1),
    )
}
