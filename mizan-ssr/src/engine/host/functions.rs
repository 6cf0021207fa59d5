//! The functions of the object `host`, which the scripts in `js/` call.

use getrandom::fill;

use super::Host;
use super::compression::Coder;
use super::value::{HostError, JsValue};
use super::web_crypto::{self, Curve, Hash};
use super::{text_encoding, url};
use crate::modules::ImportKind;

/// A function of the object `host`.
pub(in crate::engine) struct HostFunction {
    /// The property name.
    pub(in crate::engine) name: &'static str,
    run: fn(&Host, &mut Arguments<'_>) -> Result<JsValue, HostError>,
}

/// All host functions, except those that engines implement: `compileModule`, `evaluateScript`, and, if the engine
/// can, `asyncContext` and `setAsyncContext`.
///
/// `js/globals.d.ts` declares them for TypeScript.
pub(in crate::engine) static HOST_FUNCTIONS: &[HostFunction] = &[
    HostFunction {
        name: "loadModule",
        run: |host, arguments| {
            let id = arguments.text()?;
            let import = arguments.optional_text()?.zip(arguments.optional_text()?);
            host.load_module(id, import).map(JsValue::Text)
        },
    },
    HostFunction {
        name: "resolveModule",
        run: |host, arguments| {
            let (specifier, importer) = (arguments.text()?, arguments.text()?);
            let import_kind = match arguments.text()? {
                "import" => ImportKind::Import,
                "require" => ImportKind::Require,
                _ => return Err(arguments.invalid("\"import\" or \"require\"")),
            };
            host.resolve_module(specifier, importer, import_kind)
                .map(JsValue::Text)
        },
    },
    HostFunction {
        name: "browserReplacement",
        run: |host, arguments| {
            let (id, error_index) = (arguments.text()?, arguments.number()? as usize);
            host.browser_replacement(id, error_index).map(optional_text)
        },
    },
    HostFunction {
        name: "nodeReplacement",
        run: |host, arguments| host.node_replacement(arguments.text()?).map(optional_text),
    },
    HostFunction {
        name: "throwMissingExport",
        run: |host, arguments| {
            let (importer, specifier) = (arguments.text()?, arguments.text()?);
            let (name, names) = (arguments.text()?, arguments.text()?);
            let is_ambiguous = arguments.boolean()?;
            Err(host.missing_export(importer, specifier, name, names, is_ambiguous))
        },
    },
    HostFunction {
        name: "env",
        run: |host, _| Ok(JsValue::Text(host.env())),
    },
    HostFunction {
        name: "mode",
        run: |host, _| Ok(JsValue::Text(host.loader.mode().into())),
    },
    HostFunction {
        name: "log",
        run: |host, arguments| {
            let (level, line) = (arguments.text()?, arguments.text()?);
            let may_log_more = host.render.borrow_mut().console.log(level, line);
            Ok(JsValue::Bool(may_log_more))
        },
    },
    HostFunction {
        name: "now",
        run: |host, _| {
            let elapsed = host.started.elapsed();
            Ok(JsValue::Number(elapsed.as_secs_f64() * 1000.0))
        },
    },
    HostFunction {
        name: "timeOrigin",
        run: |host, _| Ok(JsValue::Number(host.time_origin)),
    },
    HostFunction {
        name: "startTimer",
        run: |host, arguments| {
            let (milliseconds, repeats) = (arguments.number()?, arguments.boolean()?);
            let mut render = host.render.borrow_mut();
            let id = render.timers.start(milliseconds, repeats);
            Ok(JsValue::Number(f64::from(id)))
        },
    },
    HostFunction {
        name: "stopTimer",
        run: |host, arguments| {
            let id = arguments.number()?;
            host.render.borrow_mut().timers.stop(id);
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "encodeUtf8",
        run: |_, arguments| Ok(JsValue::Bytes(arguments.text()?.into())),
    },
    HostFunction {
        name: "decodeText",
        run: |_, arguments| {
            let (bytes, encoding) = (arguments.bytes()?, arguments.text()?);
            let (fatal, keep_bom) = (arguments.boolean()?, arguments.boolean()?);
            Ok(optional_text(text_encoding::decode(
                bytes, encoding, fatal, keep_bom,
            )))
        },
    },
    HostFunction {
        name: "encodingName",
        run: |_, arguments| {
            let name = text_encoding::encoding_name(arguments.text()?);
            Ok(optional_text(name))
        },
    },
    HostFunction {
        name: "parseUrl",
        run: |_, arguments| {
            let (href, base) = (arguments.text()?, arguments.optional_text()?);
            Ok(optional_text(url::parse(href, base)))
        },
    },
    HostFunction {
        name: "changeUrl",
        run: |_, arguments| {
            let (href, part, value) = (arguments.text()?, arguments.text()?, arguments.text()?);
            Ok(optional_text(url::change(href, part, value)))
        },
    },
    HostFunction {
        name: "parseQuery",
        run: |_, arguments| Ok(JsValue::Text(url::parse_query(arguments.text()?))),
    },
    HostFunction {
        name: "serializeQuery",
        run: |_, arguments| Ok(JsValue::Text(url::serialize_query(arguments.text()?))),
    },
    HostFunction {
        name: "randomBytes",
        run: |_, arguments| {
            // `crypto.getRandomValues` has the same limit.
            const MAX_BYTES: f64 = 65536.0;
            let length = arguments.number()?.clamp(0.0, MAX_BYTES) as usize;
            let mut bytes = vec![0; length];
            fill(&mut bytes).map_err(|error| {
                HostError::new(format!("the operating system has no random bytes: {error}"))
            })?;
            Ok(JsValue::Bytes(bytes))
        },
    },
    HostFunction {
        name: "randomUuid",
        run: |_, _| Ok(JsValue::Text(uuid::Uuid::new_v4().to_string())),
    },
    HostFunction {
        name: "callFunction",
        run: |host, arguments| {
            let (name, input) = (arguments.text()?, arguments.text()?);
            let id = host.call_function(name, input)?;
            Ok(JsValue::Number(f64::from(id)))
        },
    },
    HostFunction {
        name: "embedQuery",
        run: |host, arguments| {
            host.embed_query(arguments.text()?);
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "startFetch",
        run: |host, arguments| {
            let (request, body) = (arguments.text()?, arguments.optional_bytes()?);
            let id = host.start_fetch(request, body)?;
            Ok(JsValue::Number(f64::from(id)))
        },
    },
    HostFunction {
        name: "readFetch",
        run: |host, arguments| {
            let id = arguments.number()? as u32;
            if let Some(fetches) = &mut host.render.borrow_mut().fetches {
                fetches.read(id);
            }
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "cancelFetch",
        run: |host, arguments| {
            let id = arguments.number()? as u32;
            if let Some(fetches) = &mut host.render.borrow_mut().fetches {
                fetches.cancel(id);
            }
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "startCoder",
        run: |host, arguments| {
            let (format, compresses) = (arguments.text()?, arguments.boolean()?);
            let id = host.start_coder(format, compresses)?;
            Ok(JsValue::Number(id as f64))
        },
    },
    HostFunction {
        name: "writeCoder",
        run: |host, arguments| {
            let (id, input) = (arguments.number()? as usize, arguments.bytes()?);
            let finish = arguments.boolean()?;
            if let Some(coder) = host.render.borrow_mut().coders.get_mut(id) {
                coder.write(input, finish);
            }
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "readCoder",
        run: |host, arguments| {
            let id = arguments.number()? as usize;
            let coders = &mut host.render.borrow_mut().coders;
            let output = coders.get_mut(id).map(Coder::read).transpose();
            let output = output.map_err(HostError::new)?.flatten();
            Ok(optional_bytes(output))
        },
    },
    HostFunction {
        name: "dropCoder",
        run: |host, arguments| {
            let id = arguments.number()? as usize;
            host.render.borrow_mut().coders.try_remove(id);
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "digest",
        run: |_, arguments| {
            let (hash, data) = (arguments.hash()?, arguments.bytes()?);
            Ok(JsValue::Bytes(hash.digest(data)))
        },
    },
    HostFunction {
        name: "hmac",
        run: |_, arguments| {
            let hash = arguments.hash()?;
            let (key, data) = (arguments.bytes()?, arguments.bytes()?);
            Ok(optional_bytes(hash.authenticate(key, data)))
        },
    },
    HostFunction {
        name: "areEqual",
        run: |_, arguments| {
            let (a, b) = (arguments.bytes()?, arguments.bytes()?);
            Ok(JsValue::Bool(web_crypto::are_equal(a, b)))
        },
    },
    HostFunction {
        name: "aesGcm",
        run: |_, arguments| {
            let encrypts = arguments.boolean()?;
            let (key, nonce) = (arguments.bytes()?, arguments.bytes()?);
            let (additional_data, tag_length) = (arguments.bytes()?, arguments.number()? as usize);
            let data = arguments.bytes()?;
            let run = if encrypts {
                web_crypto::encrypt
            } else {
                web_crypto::decrypt
            };
            Ok(optional_bytes(run(
                key,
                nonce,
                additional_data,
                tag_length,
                data,
            )))
        },
    },
    HostFunction {
        name: "ecKey",
        run: |_, arguments| {
            let (operation, curve) = (arguments.text()?, arguments.curve()?);
            let key = arguments.bytes()?;
            Ok(optional_bytes(match operation {
                "generate" => Some(curve.generate()),
                "publicKey" => curve.public_key(key),
                "point" => curve.point(key),
                "fromPkcs8" => curve.decode_pkcs8(key),
                "toPkcs8" => curve.encode_pkcs8(key),
                "fromSpki" => curve.decode_spki(key),
                "toSpki" => curve.encode_spki(key),
                _ => None,
            }))
        },
    },
    HostFunction {
        name: "ecdsaSign",
        run: |_, arguments| {
            let (curve, private) = (arguments.curve()?, arguments.bytes()?);
            Ok(optional_bytes(curve.sign(private, arguments.bytes()?)))
        },
    },
    HostFunction {
        name: "ecdsaVerify",
        run: |_, arguments| {
            let (curve, point) = (arguments.curve()?, arguments.bytes()?);
            let (signature, digest) = (arguments.bytes()?, arguments.bytes()?);
            Ok(JsValue::Bool(curve.verify(point, signature, digest)))
        },
    },
    HostFunction {
        name: "holdShell",
        run: |host, _| {
            host.render.borrow_mut().shell_held = true;
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "emitMarkup",
        run: |host, arguments| {
            let markup = arguments.text()?;
            let mut render = host.render.borrow_mut();
            render.markup.extend_from_slice(markup.as_bytes());
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "finishRender",
        run: |host, _| {
            host.render.borrow_mut().is_finished = true;
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "failRender",
        run: |host, arguments| {
            let error = arguments.text()?;
            let mut render = host.render.borrow_mut();
            render.failure.get_or_insert_with(|| error.into());
            render.is_finished = true;
            Ok(JsValue::Undefined)
        },
    },
    HostFunction {
        name: "reportRecoveredError",
        run: |host, arguments| {
            let error = arguments.text()?;
            let mut render = host.render.borrow_mut();
            render.recovered_errors.push(error.into());
            Ok(JsValue::Undefined)
        },
    },
];

impl HostFunction {
    /// Calls the function with the arguments of its JavaScript caller.
    ///
    /// # Errors
    ///
    /// Returns [`HostError`] if the function fails or an argument is missing or has the wrong type.
    pub(in crate::engine) fn call(
        &self,
        host: &Host,
        arguments: &[JsValue],
    ) -> Result<JsValue, HostError> {
        let mut arguments = Arguments {
            function: self.name,
            values: arguments,
            next: 0,
        };
        (self.run)(host, &mut arguments)
    }
}

/// The arguments of a host function, read one after the other.
struct Arguments<'a> {
    function: &'static str,
    values: &'a [JsValue],
    next: usize,
}

impl<'a> Arguments<'a> {
    fn next(&mut self) -> &'a JsValue {
        let value = self.values.get(self.next).unwrap_or(&JsValue::Undefined);
        self.next += 1;
        value
    }

    fn text(&mut self) -> Result<&'a str, HostError> {
        match self.next() {
            JsValue::Text(text) => Ok(text),
            _ => Err(self.invalid("a string")),
        }
    }

    fn optional_text(&mut self) -> Result<Option<&'a str>, HostError> {
        match self.next() {
            JsValue::Text(text) => Ok(Some(text)),
            JsValue::Undefined => Ok(None),
            _ => Err(self.invalid("a string or undefined")),
        }
    }

    fn number(&mut self) -> Result<f64, HostError> {
        match self.next() {
            JsValue::Number(number) => Ok(*number),
            _ => Err(self.invalid("a number")),
        }
    }

    fn boolean(&mut self) -> Result<bool, HostError> {
        match self.next() {
            JsValue::Bool(boolean) => Ok(*boolean),
            _ => Err(self.invalid("a boolean")),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], HostError> {
        match self.next() {
            JsValue::Bytes(bytes) => Ok(bytes),
            _ => Err(self.invalid("a typed array")),
        }
    }

    fn optional_bytes(&mut self) -> Result<Option<&'a [u8]>, HostError> {
        match self.next() {
            JsValue::Bytes(bytes) => Ok(Some(bytes)),
            JsValue::Undefined => Ok(None),
            _ => Err(self.invalid("a typed array or undefined")),
        }
    }

    fn hash(&mut self) -> Result<Hash, HostError> {
        Hash::named(self.text()?).ok_or_else(|| self.invalid("a hash function"))
    }

    fn curve(&mut self) -> Result<Curve, HostError> {
        Curve::named(self.text()?).ok_or_else(|| self.invalid("an elliptic curve"))
    }

    /// Returns the error of the argument that was read last.
    fn invalid(&self, expected: &str) -> HostError {
        HostError::new(format!(
            "argument {} of host function `{}` must be {expected}",
            self.next, self.function
        ))
    }
}

fn optional_text(text: Option<String>) -> JsValue {
    text.map_or(JsValue::Undefined, JsValue::Text)
}

fn optional_bytes(bytes: Option<Vec<u8>>) -> JsValue {
    bytes.map_or(JsValue::Undefined, JsValue::Bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::{HOST_FUNCTIONS, Host, JsValue};
    use crate::modules::{DiskCache, Loader};

    fn call(name: &str, arguments: &[JsValue]) -> Result<JsValue, String> {
        let loader = Loader::new(PathBuf::new(), false, None, DiskCache::new(None));
        let host = Host::new(Arc::new(loader), None);
        let mut functions = HOST_FUNCTIONS.iter();
        let function = functions.find(|function| function.name == name);
        let function = function.expect("a host function");
        function
            .call(&host, arguments)
            .map_err(|error| error.message)
    }

    #[test]
    fn rejects_missing_and_mistyped_arguments() {
        let text = |text: &str| JsValue::Text(text.into());
        assert_eq!(
            call("loadModule", &[]),
            Err("argument 1 of host function `loadModule` must be a string".into())
        );
        assert_eq!(
            call("decodeText", &[text("a"), text("utf-8")]),
            Err("argument 1 of host function `decodeText` must be a typed array".into())
        );
        assert_eq!(
            call("startTimer", &[JsValue::Number(1.0)]),
            Err("argument 2 of host function `startTimer` must be a boolean".into())
        );
        assert_eq!(
            call("resolveModule", &[text("a"), text("/b.ts"), text("c")]),
            Err(
                "argument 3 of host function `resolveModule` must be \"import\" or \"require\""
                    .into()
            )
        );
    }

    #[test]
    fn accepts_missing_optional_argument() {
        let href = JsValue::Text("https://example.org/".into());
        assert!(matches!(
            call("parseUrl", &[href]),
            Ok(JsValue::Text(parts)) if parts.contains("example.org")
        ));
    }

    #[test]
    fn typescript_declares_all_host_functions() {
        let declarations = include_str!("../../js/globals.d.ts");
        let (_, interface) = declarations
            .split_once("interface Host {")
            .expect("an interface");
        let (interface, _) = interface
            .split_once("\n}")
            .expect("the end of the interface");
        let declared: BTreeSet<&str> = interface
            .lines()
            .filter_map(|line| line.trim_start().split_once('('))
            .map(|(name, _)| name.trim_end_matches('?'))
            .filter(|name| name.chars().all(char::is_alphanumeric))
            .collect();
        let mut implemented: BTreeSet<&str> = HOST_FUNCTIONS
            .iter()
            .map(|function| function.name)
            .collect();
        implemented.extend([
            "asyncContext",
            "compileModule",
            "evaluateScript",
            "setAsyncContext",
        ]);
        assert_eq!(declared, implemented);
    }
}
