//! Encoding of JSON for clients.

mod checked;

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use self::checked::Checked;
pub use self::checked::MAX_OUTPUT_DEPTH;
use super::path::path_names;

/// Encodes a value for a client: the output of a function, a message, or the props of a page.
///
/// Unlike `serde_json`, it never replaces NaN and infinity by `null`, which the type that the client
/// has for a number does not contain, and it never overflows the stack.
///
/// ```
/// use mizan_core::adapter::encode_json;
///
/// #[derive(serde::Serialize)]
/// struct Row {
///     price: f64,
/// }
///
/// assert_eq!(encode_json(&[Row { price: 0.5 }])?, br#"[{"price":0.5}]"#);
/// let error = encode_json(&[Row { price: f64::NAN }]).unwrap_err();
/// assert!(error.to_string().starts_with("cannot encode `0.price`: NaN"), "{error}");
/// # Ok::<_, mizan_core::adapter::EncodeError>(())
/// ```
///
/// # Errors
///
/// Returns an error with the path of the field if a number is not finite, if the value nests deeper
/// than 512 levels, if the key of a map is not text or a number, or if the
/// type's own implementation of `Serialize` fails.
pub fn encode_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(128);
    match value.serialize(Checked::new(&mut serde_json::Serializer::new(&mut bytes))) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(EncodeError::find(value, error)),
    }
}

/// Encodes a value for a client as a [`Value`], as [`encode_json`] does.
///
/// # Errors
///
/// Returns the same errors as [`encode_json`].
pub fn encode_json_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
    value
        .serialize(Checked::new(serde_json::value::Serializer))
        .map_err(|error| EncodeError::find(value, error))
}

/// A value that JSON cannot represent, with the path of the field.
pub struct EncodeError {
    path: String,
    source: serde_json::Error,
}

impl EncodeError {
    /// Finds the path of the field by encoding the value again. Tracking it would slow down every
    /// call that succeeds.
    #[cold]
    fn find<T: Serialize + ?Sized>(value: &T, error: serde_json::Error) -> Self {
        if checked::is_too_deep(&error) {
            let path = String::new();
            return Self {
                path,
                source: error,
            };
        }
        let mut output = serde_json::Serializer::new(std::io::sink());
        match serde_path_to_error::serialize(value, Checked::new(&mut output)) {
            Ok(()) => Self {
                path: String::new(),
                source: error,
            },
            Err(found) => Self {
                path: path_names(found.path()).join("."),
                source: found.into_inner(),
            },
        }
    }

    /// Adds the name of the field that contains the value.
    pub(crate) fn within(mut self, name: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{name}.{path}"),
        };
        self
    }

    /// Returns the path of the field, such as `rows.0.price`. It is empty for the value as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str("cannot encode the value as JSON"),
            path => write!(f, "cannot encode `{path}`"),
        }?;
        write!(f, ": {}", self.source)
    }
}

impl fmt::Debug for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodeError({self})")
    }
}

impl StdError for EncodeError {}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    enum Shape {
        Unit,
        NewType(f64),
        Tuple(u8, f32),
        Struct { some_field: Option<f64> },
    }

    #[derive(Serialize)]
    struct Everything {
        unit: (),
        none: Option<u8>,
        text: &'static str,
        character: char,
        wide: (i128, u128),
        shapes: Vec<Shape>,
        map: BTreeMap<u8, [f64; 2]>,
        raw: Box<RawValue>,
        #[serde(flatten)]
        more: BTreeMap<&'static str, f64>,
    }

    fn everything(number: f64) -> Everything {
        Everything {
            unit: (),
            none: None,
            text: "é\"\n",
            character: 'é',
            wide: (i128::MIN, u128::MAX),
            shapes: vec![
                Shape::Unit,
                Shape::NewType(number),
                Shape::Tuple(1, 0.5),
                Shape::Struct {
                    some_field: Some(1e300),
                },
            ],
            map: BTreeMap::from([(7, [1.0, 2.5])]),
            raw: RawValue::from_string("[1.000]".to_owned()).unwrap(),
            more: BTreeMap::from([("x", 0.1)]),
        }
    }

    #[test]
    fn writes_the_same_bytes_as_serde_json() {
        let value = everything(2.5);
        assert_eq!(
            encode_json(&value).unwrap(),
            serde_json::to_vec(&value).unwrap()
        );
    }

    #[test]
    fn rejects_numbers_that_are_not_finite() {
        let message = |value: &dyn erased::Encode| value.message();
        assert_eq!(
            message(&everything(f64::NAN)),
            "cannot encode `shapes.1`: NaN is not a number in JSON; send an `Option`, or \
             check the value"
        );
        assert!(message(&Shape::Tuple(1, f32::INFINITY)).starts_with("cannot encode `1`: inf"));
        assert!(message(&f64::NEG_INFINITY).starts_with("cannot encode the value as JSON: -inf"));
        let map = HashMap::from([("a", json!({})), ("b", Value::Null)]);
        assert_eq!(
            encode_json_value(&map).unwrap(),
            json!({ "a": {}, "b": null })
        );
        assert!(encode_json_value(&[f32::NAN]).is_err());
        assert!(message(&BTreeMap::from([((1, 2), 3)])).contains("key must be a string"));
    }

    mod erased {
        use super::*;

        pub(super) trait Encode {
            fn message(&self) -> String;
        }

        impl<T: Serialize> Encode for T {
            fn message(&self) -> String {
                encode_json(self).unwrap_err().to_string()
            }
        }
    }

    #[derive(Serialize)]
    struct Tree {
        children: Vec<Tree>,
    }

    #[derive(Serialize)]
    struct Link(Option<Box<Link>>);

    fn tree(depth: usize) -> Tree {
        let mut tree = Tree {
            children: Vec::new(),
        };
        for _ in 1..depth {
            tree = Tree {
                children: vec![tree],
            };
        }
        tree
    }

    #[test]
    fn limits_the_depth_without_overflowing_the_stack() {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        let check = thread.spawn(|| {
            assert!(encode_json(&tree(MAX_OUTPUT_DEPTH / 2)).is_ok());
            let mut deep = tree(5_000);
            let error = encode_json(&deep).unwrap_err().to_string();
            assert!(error.contains("more than 512 levels"), "{error}");
            while let Some(child) = deep.children.pop() {
                deep = child;
            }
            let mut link = Link(None);
            for _ in 0..1_000 {
                link = Link(Some(Box::new(link)));
            }
            assert!(encode_json_value(&link).is_err());
            // The path is found within the same stack.
            let mut value = json!(1);
            for _ in 1..MAX_OUTPUT_DEPTH {
                value = json!([value]);
            }
            assert!(encode_json(&value).is_ok());
            let error = encode_json(&(value, BTreeMap::from([((1, 2), 3)])));
            assert!(error.is_err());
        });
        check.unwrap().join().unwrap();
    }

    proptest! {
        #[test]
        fn rejects_exactly_the_values_that_are_not_finite(values in any::<Vec<Option<f64>>>()) {
            let finite = values.iter().flatten().all(|value| value.is_finite());
            let found = encode_json(&values);
            prop_assert_eq!(found.is_ok(), finite);
            if let Ok(bytes) = found {
                prop_assert_eq!(bytes, serde_json::to_vec(&values).unwrap());
            }
        }
    }
}
