//! The form in which successful replies are stored.

use bytes::Bytes;
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue};
use mizan_core::adapter::{CallReply, ReplyHead};
use mizan_core::{Error, Invalidation};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A successful reply as JSON, which another process or a later version of the program may read.
#[derive(Serialize, Deserialize)]
struct StoredReply<'a> {
    #[serde(borrow)]
    output: &'a RawValue,
    /// The `Set-Cookie` values, percent-encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    /// The headers. The values are bytes, because they may be invalid UTF-8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, Vec<u8>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    affects: Vec<Invalidation>,
}

/// Encodes a successful reply.
pub(super) fn encode(output: &[u8], head: &ReplyHead) -> Result<Bytes, serde_json::Error> {
    let stored = StoredReply {
        output: serde_json::from_slice(output)?,
        cookies: head
            .cookies
            .iter()
            .map(|cookie| cookie.encoded().to_string())
            .collect(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        affects: head.affects.clone(),
    };
    serde_json::to_vec(&stored).map(Bytes::from)
}

/// Decodes a reply that [`encode`] encoded.
pub(super) fn decode(stored: &Bytes) -> Result<CallReply, Error> {
    let reply: StoredReply<'_> = serde_json::from_slice(stored)?;
    let mut head = ReplyHead::default();
    for cookie in reply.cookies {
        head.cookies.push(Cookie::parse_encoded(cookie)?);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in reply.headers {
        headers.append(
            name.parse::<HeaderName>()?,
            HeaderValue::from_bytes(&value)?,
        );
    }
    head.headers = headers;
    head.affects = reply.affects;
    let output = stored.slice_ref(reply.output.get().as_bytes());
    Ok(CallReply::new(Ok(output)).with_head(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_round_trip() {
        let mut head = ReplyHead::default();
        let mut cookie = Cookie::new("theme", "dark; blue=\"%3B é\"");
        cookie.set_path("/");
        cookie.set_http_only(true);
        head.cookies.push(cookie.clone());
        let name = HeaderName::from_static("x-test");
        head.headers
            .append(name.clone(), HeaderValue::from_static("a"));
        let latin1 = HeaderValue::from_bytes(b"\xe4").unwrap();
        head.headers.append(name, latin1);
        head.affects.push(Invalidation::of("post").with("id", 7));
        head.affects.push("posts".into());
        for output in ["null", "{\"a\":1.50,\"b\":\"\u{e4}\"}"] {
            let stored = encode(output.as_bytes(), &head).unwrap();
            let reply = decode(&stored).unwrap();
            assert_eq!(reply.result.unwrap(), output);
            assert_eq!(reply.head.headers, head.headers);
            assert_eq!(reply.head.affects, head.affects);
            let [decoded] = &reply.head.cookies[..] else {
                panic!("{:?}", reply.head.cookies);
            };
            assert_eq!(decoded.value(), cookie.value());
            assert_eq!(
                (decoded.path(), decoded.http_only()),
                (Some("/"), Some(true))
            );
        }
        decode(&Bytes::from_static(b"{}")).unwrap_err();
    }
}
