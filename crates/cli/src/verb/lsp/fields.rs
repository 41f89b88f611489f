//! What the schema of a profile says of a place: what a key is for, which keys there are, which words.
//!
//! Apart from hover and completion, which both ask.

use serde_json::Value;

use super::place::Step;

/// The schema, which is the same for all texts.
pub(super) struct Fields {
    schema: Value,
}

/// Where a whole OCI `config.json` has the profile.
const IN_OCI_CONFIG: [Step<'_>; 2] = [Step::Key("linux"), Step::Key("seccomp")];

impl Fields {
    pub(super) fn new() -> Self {
        Self {
            schema: callgate_profile::schema::schema(),
        }
    }

    /// What a key of the object at a place is for.
    pub(super) fn purpose(&self, path: &[Step<'_>], key: &str) -> Option<&str> {
        let forms = self.forms(path);
        let mut properties = forms
            .into_iter()
            .filter_map(|form| form.get("properties")?.get(key));
        properties.find_map(|property| property.get("description")?.as_str())
    }

    /// The keys of the object at a place, each with what it is for.
    pub(super) fn keys(&self, path: &[Step<'_>]) -> Vec<(&str, &str)> {
        let forms = self.forms(path).into_iter();
        let properties = forms.filter_map(|form| form.get("properties")?.as_object());
        let keys = properties.flatten().map(|(key, property)| {
            let purpose = property.get("description").and_then(Value::as_str);
            (key.as_str(), purpose.unwrap_or_default())
        });
        keys.collect()
    }

    /// The words that may stand at a place.
    pub(super) fn words(&self, path: &[Step<'_>]) -> Vec<&str> {
        let forms = self.forms(path).into_iter();
        let lists = forms.filter_map(|form| form.get("enum")?.as_array());
        lists.flatten().filter_map(Value::as_str).collect()
    }

    /// The forms that a value at a place may have.
    fn forms(&self, path: &[Step<'_>]) -> Vec<&Value> {
        let path = path.strip_prefix(&IN_OCI_CONFIG).unwrap_or(path);
        let mut forms = self.plain(&self.schema);
        for step in path {
            let inner = forms.iter().filter_map(|form| match step {
                Step::Item => form.get("items"),
                Step::Key(key) => {
                    let named = form.get("properties").and_then(|all| all.get(key));
                    named.or_else(|| form.get("patternProperties")?.as_object()?.values().next())
                }
            });
            forms = inner.flat_map(|form| self.plain(form)).collect();
        }
        forms
    }

    /// A form with those behind its references and alternatives.
    fn plain<'s>(&'s self, form: &'s Value) -> Vec<&'s Value> {
        let mut all = vec![form];
        let mut next = 0;
        while let Some(&form) = all.get(next) {
            next += 1;
            let reference = form.get("$ref").and_then(Value::as_str);
            let behind =
                reference.and_then(|name| self.schema.pointer(name.trim_start_matches('#')));
            all.extend(behind);
            all.extend(
                form.get("anyOf")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten(),
            );
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_words() {
        let fields = Fields::new();
        let rule = [Step::Key("syscalls"), Step::Item];
        assert!(
            fields
                .keys(&[])
                .iter()
                .any(|(key, _)| *key == "defaultAction")
        );
        assert!(fields.keys(&rule).iter().any(|(key, _)| *key == "errnoRet"));
        assert_eq!(
            fields.purpose(&rule, "args"),
            Some("the comparisons that must hold")
        );
        let names = [&rule[..], &[Step::Key("names"), Step::Item]].concat();
        assert!(fields.words(&names).contains(&"chmod"));
        let in_config = [&IN_OCI_CONFIG[..], &[Step::Key("defaultAction")]].concat();
        assert!(fields.words(&in_config).contains(&"SCMP_ACT_ERRNO"));
        let own = [
            Step::Key("x-actions"),
            Step::Key("x-mine"),
            Step::Key("answer"),
        ];
        assert!(fields.words(&own).contains(&"SCMP_ACT_NOTIFY"));
        assert_eq!(fields.keys(&[Step::Key("no such key")]), []);
    }
}
