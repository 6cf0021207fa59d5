//! Supported keywords of JSON Schema, and references to `$defs`.

/// Returns whether the reader supports a keyword.
pub(super) fn is_supported(keyword: &str) -> bool {
    const STRUCTURE: [&str; 26] = [
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "required",
        "type",
        "uniqueItems",
    ];
    // Annotations do not affect which values are valid.
    const ANNOTATIONS: [&str; 11] = [
        "$comment",
        "$schema",
        "contentEncoding",
        "contentMediaType",
        "default",
        "deprecated",
        "description",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    ];
    // `unevaluatedProperties` affects only the server.
    keyword == "unevaluatedProperties"
        || keyword.starts_with("x-")
        || STRUCTURE.contains(&keyword)
        || ANNOTATIONS.contains(&keyword)
}

/// Returns the key in `$defs` that a `$ref` points to.
pub(super) fn definition_key(reference: &str) -> Option<String> {
    decode_pointer(reference.strip_prefix("#/$defs/")?)
}

/// Decodes a JSON pointer segment in a URI fragment (RFC 6901, sections 3 and 6).
fn decode_pointer(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let decoded = String::from_utf8(bytes).ok()?;
    Some(decoded.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::definition_key;

    #[test]
    fn decodes_references() {
        for (reference, key) in [
            ("#/$defs/Post", Some("Post")),
            ("#/$defs/Page%3CPost%3E", Some("Page<Post>")),
            ("#/$defs/a~1b~0c%20%C3%A9", Some("a/b~c é")),
            ("#/$defs/%2", None),
            ("#/$defs/%FF", None),
            ("#/definitions/Post", None),
            ("#", None),
        ] {
            assert_eq!(definition_key(reference).as_deref(), key, "{reference}");
        }
    }
}
