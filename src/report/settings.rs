//! The settings that shape an answer, by name.

use serde::Serialize;
use serde_json::{Map, Value};

/// Settings by name. Arguments serialize to them: a field for each setting, null for those that were
/// not given, which are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// The fields of `arguments`, as for [`Self::with`].
    #[must_use]
    pub fn of(arguments: &impl Serialize) -> Self {
        Self::default().with(arguments)
    }

    /// These settings and the fields of more arguments, which take precedence.
    ///
    /// # Panics
    /// If `arguments` do not serialize to a JSON object.
    #[must_use]
    pub fn with(mut self, arguments: &impl Serialize) -> Self {
        let fields = serde_json::to_value(arguments).expect("arguments are numbers and texts");
        let Value::Object(fields) = fields else { panic!("arguments are a struct") };
        self.0.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        self
    }

    /// These settings with one more.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// These settings without one that has no meaning beside the others.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Arguments {
        steps: u64,
        seed: Option<u64>,
        #[serde(with = "crate::report::number")]
        limit: f64,
    }

    #[test]
    fn arguments_that_were_not_given_are_no_settings() {
        let arguments = Arguments { steps: 3, seed: None, limit: f64::INFINITY };
        let json = |settings: &Settings| serde_json::to_string(settings).unwrap();
        let settings = Settings::of(&arguments);
        assert_eq!(json(&settings), r#"{"limit":"inf","steps":3}"#);
        let settings = settings.and("hist", true).without("limit");
        assert_eq!(json(&settings), r#"{"hist":true,"steps":3}"#);
    }
}
