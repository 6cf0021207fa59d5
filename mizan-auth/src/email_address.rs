//! Email addresses in canonical form.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use validator::ValidateEmail;

/// An email address in canonical form, by which accounts are found.
///
/// The local part is ASCII in lower case, because mail servers do not distinguish case in practice. A local
/// part with other characters is invalid, so that look-alike addresses (`ıvan@`, `іvan@`) never become equal
/// through case mapping. The domain is in the form that the DNS uses (UTS 46, Punycode), in which look-alike
/// domains differ.
///
/// # Examples
///
/// ```
/// use mizan_auth::EmailAddress;
/// use mizan_auth::email_address::InvalidEmailAddress;
///
/// fn main() -> Result<(), InvalidEmailAddress> {
///     let address: EmailAddress = " Ada@Example.COM ".parse()?;
///     assert_eq!(address.as_str(), "ada@example.com");
///     assert!("ıvan@example.com".parse::<EmailAddress>().is_err());
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EmailAddress(String);

/// The maximum length of an address in bytes (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL_BYTES: usize = 254;

impl EmailAddress {
    /// Returns the address in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.len() > MAX_EMAIL_BYTES {
            return Err(InvalidEmailAddress);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let is_allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
        if !local.bytes().all(is_allowed) {
            return Err(InvalidEmailAddress);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmailAddress)?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > MAX_EMAIL_BYTES || !address.validate_email() {
            return Err(InvalidEmailAddress);
        }
        Ok(Self(address))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for EmailAddress {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": MAX_EMAIL_BYTES })
    }
}

/// An error: the text is not an email address, or its local part is not ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEmailAddress;

impl fmt::Display for InvalidEmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid email address")
    }
}

impl std::error::Error for InvalidEmailAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        text.parse::<EmailAddress>()
            .ok()
            .map(|address| address.to_string())
    }

    #[test]
    fn parses_addresses_into_canonical_form() {
        for (text, address) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada.L+x@EXAMPLE.com", "ada.l+x@example.com"),
            (" ada@example.com\n", "ada@example.com"),
            ("ada@ｅxample.com", "ada@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(address), "{text}");
        }
    }

    #[test]
    fn look_alike_addresses_are_rejected_or_different() {
        let cyrillic = canonical("ada@exаmple.com").unwrap();
        assert_ne!(cyrillic, "ada@example.com");
        assert!(cyrillic.contains("xn--"));
        for text in [
            "аda@example.com",
            "adа@example.com",
            "ıvan@example.com",
            "\u{212a}@example.com",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn rejects_other_texts() {
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com,eve@example.com",
            "\"a\\\"b\"@example.com",
            "ada@exam ple.com",
            "ada@[127.0.0.1\u{0}]",
            &format!("{}@example.com", "a".repeat(300)),
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
