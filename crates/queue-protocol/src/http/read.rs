//! Reading bodies strictly: unknown fields, repeated keys and trailing bytes are refused, and every fault names its field.

use super::FieldError;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;

/// Why a body is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// Not JSON (or TOML) at all: `400 invalid_json`. Says where.
    Malformed(String),
    /// Readable, and wrong: `422 invalid_field`.
    Fields(Vec<FieldError>),
}

/// Reads a JSON body.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    // Repeated keys are looked for apart, since maps of texts would take the last one silently.
    let mut strict = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize::<_, NoRepeatedKeys>(&mut strict)
        .map_err(json_error)
        .and_then(|_| {
            strict
                .end()
                .map_err(|error| BodyError::Malformed(error.to_string()))
        })?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let detail = "must be a JSON object".to_owned();
        return Err(BodyError::Fields(vec![FieldError {
            field: "body".to_owned(),
            detail,
        }]));
    }
    let read = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes));
    read.map_err(json_error)
        .or_else(|error| with_whole_numbers(bytes).ok_or(error))
}

/// Reads a TOML body.
pub fn toml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| BodyError::Malformed(error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| BodyError::Malformed(error.to_string()))?;
    serde_path_to_error::deserialize(table).map_err(|error| {
        let path = error.path().to_string();
        BodyError::Fields(vec![field_error(&path, error.into_inner().message())])
    })
}

/// Reads a body once more with `348.0` as `348`: JSON knows one kind of number.
fn with_whole_numbers<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    make_whole(&mut value)
        .then(|| serde_json::from_value(value).ok())
        .flatten()
}

/// Whether there was a whole number written as a decimal one.
fn make_whole(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| make_whole(item) | any),
        Value::Object(fields) => fields
            .values_mut()
            .fold(false, |any, field| make_whole(field) | any),
        Value::Number(number) => {
            let text = number
                .is_f64()
                .then(|| number.as_f64())
                .flatten()
                .map(|float| float.to_string());
            let whole: Option<u64> = text.and_then(|text| text.parse().ok());
            whole.map(|whole| *number = whole.into()).is_some()
        }
        _ => false,
    }
}

fn json_error(error: serde_path_to_error::Error<serde_json::Error>) -> BodyError {
    let path = error.path().to_string();
    let inner = error.into_inner();
    if !inner.is_data() {
        return BodyError::Malformed(inner.to_string());
    }
    let said = inner.to_string();
    let (message, _) = said.rsplit_once(" at line ").unwrap_or((&said, ""));
    BodyError::Fields(vec![field_error(&path, message)])
}

/// Serde names a missing field in its message and the object in the path; both belong to the field's own path.
fn field_error(path: &str, message: &str) -> FieldError {
    let named = ["missing field `", "duplicate field `", "unknown field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    let name = named.and_then(|rest| rest.split('`').next());
    let field = match (path, name) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => "body".to_owned(),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        (path, _) => path.to_owned(),
    };
    FieldError {
        field,
        detail: message.to_owned(),
    }
}

/// Any value in which no object has a key twice.
struct NoRepeatedKeys;

impl<'de> Deserialize<'de> for NoRepeatedKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NoRepeatedKeys)
    }
}

impl<'de> Visitor<'de> for NoRepeatedKeys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            seen.insert(key);
            map.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DefinitionBody, JoinBody, ReserveBody};
    use super::*;

    fn field<T: DeserializeOwned + fmt::Debug>(body: &str) -> String {
        match json::<T>(body.as_bytes()) {
            Err(BodyError::Fields(fields)) => fields[0].field.clone(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn every_fault_names_its_field() {
        assert_eq!(field::<ReserveBody>(r#"{"slot":"0900"}"#), "seats");
        assert_eq!(
            field::<ReserveBody>(r#"{"slot":"0900","seats":"1"}"#),
            "seats"
        );
        assert_eq!(
            field::<ReserveBody>(r#"{"slot":"0900","seats":-1}"#),
            "seats"
        );
        assert_eq!(
            field::<ReserveBody>(r#"{"slot":"0900","seats":1,"vip":true}"#),
            "vip"
        );
        assert_eq!(field::<JoinBody>(r#"{"slot":"a","slot":"b"}"#), "slot");
        assert_eq!(field::<JoinBody>("[1]"), "body");
        assert_eq!(
            field::<DefinitionBody>(r#"{"title":{"ko":"a","ko":"b"}}"#),
            "title.ko"
        );
        let slots = r#"{"id":"abc","title":{},"time_zone":"UTC","opens_at":"","closes_at":"","slots":[{"id":"a","starts_at":"","ends_at":"","capacity":-4}]}"#;
        assert_eq!(field::<DefinitionBody>(slots), "slots[0].capacity");
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point_and_a_fraction_may_not() {
        let body: ReserveBody = json(br#"{"slot":"0900","seats":2.0}"#).unwrap();
        assert_eq!(body.seats, 2);
        assert_eq!(
            field::<ReserveBody>(r#"{"slot":"0900","seats":2.5}"#),
            "seats"
        );
        assert_eq!(
            field::<ReserveBody>(r#"{"slot":"0900","seats":-2.0}"#),
            "seats"
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in ["", "{", "{}x", "{\"slot\":}", "\u{feff}{}"] {
            assert!(
                matches!(
                    json::<JoinBody>(body.as_bytes()),
                    Err(BodyError::Malformed(_))
                ),
                "{body}"
            );
        }
        assert!(matches!(
            json::<JoinBody>(b"{\"slot\":\"\xff\"}"),
            Err(BodyError::Malformed(_))
        ));
        let deep = "[".repeat(100_000);
        assert!(json::<JoinBody>(deep.as_bytes()).is_err());
    }

    #[test]
    fn toml_names_fields_too() {
        let Err(BodyError::Fields(fields)) = toml::<DefinitionBody>(b"id = 3") else {
            panic!("an error")
        };
        assert_eq!(fields[0].field, "id");
        assert!(matches!(
            toml::<DefinitionBody>(b"id = "),
            Err(BodyError::Malformed(_))
        ));
    }
}
