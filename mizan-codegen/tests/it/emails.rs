//! The verdicts of the `validator` crate on email addresses.
//!
//! `runtime/tests/validation/emails.json` contains the verdict on each address here, and
//! `email.test.ts` compares the client with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use validator::ValidateEmail;

const LOCALS: [&str; 12] = [
    "a",
    "a.b",
    ".a.",
    "!#$%&'*+/=?^_`{|}~-",
    "\"a b\"",
    "a b",
    "a@b",
    "ü",
    "",
    "a\n",
    "a\\",
    "a,b",
];

/// Domains, without invalid right-to-left labels: browsers reject more of these than Node.js, which
/// runs the tests of the client.
const DOMAINS: [&str; 61] = [
    "example.com",
    "EXAMPLE.Com",
    "localhost",
    "a",
    "1",
    "1.2",
    "1.2.3.4",
    "0x7f.1",
    "-a.com",
    "a-.com",
    "a--b.com",
    "a..b",
    ".a",
    "a.",
    "a_b.com",
    "a b.com",
    "a.com\n",
    "\na.com",
    "a%2e.com",
    "a.com/b",
    "a.com:80",
    "a.com?b",
    "a.com#b",
    "",
    "xn--bcher-kva.example",
    "xn--a",
    "bücher.example",
    "BÜCHER.example",
    "bücher.1",
    "bücher.1.2.3.4",
    "bücher.",
    ".bücher",
    "bücher..de",
    "bücher_.de",
    "bücher.de/x",
    "bücher.de\t",
    "b%C3%BCcher.de",
    "-bücher.de",
    "bücher-.de",
    "例え.jp",
    "例え。jp",
    "пример.рф",
    "faß.de",
    "☃.net",
    "🦀.rs",
    "a\u{ad}b.com",
    "ａ.com",
    "\u{200d}.com",
    "א.com",
    "אa.com",
    "[127.0.0.1]",
    "junk[127.0.0.1]",
    "[127.0.0.1]x",
    "[256.0.0.1]",
    "[127.0.0.01]",
    "[::1]",
    "[::1",
    "[1::2::3]",
    "[::ffff:1.2.3.4]",
    "[1:2:3:4:5:6:7:8]",
    "ü[127.0.0.1]",
];

#[test]
fn verdicts_match_validator_crate() {
    let mut addresses = vec!["a".to_owned(), "@".to_owned(), String::new()];
    addresses.extend(LOCALS.map(|local| format!("{local}@example.com")));
    addresses.extend(DOMAINS.map(|domain| format!("a@{domain}")));
    for length in [64, 65] {
        addresses.push(format!("{}@a.de", "a".repeat(length)));
        addresses.push(format!("a@{}.de", "b".repeat(length - 1)));
        addresses.push(format!("a@{}.de", "ü".repeat(length - 8)));
    }
    for length in [255, 256] {
        let labels = "abcdefghi.".repeat(30);
        addresses.push(format!("a@{}z", &labels[..length - 1]));
    }
    for address in [
        "[1:2:3:4:5:6:7::]",
        "[1:2:3:4:5:6:7:8::]",
        "[:1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:1.2.3.4]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        "[1.2.3.4::]",
        "[12345::]",
        "[:::]",
        "[1:]",
        "[]",
    ] {
        addresses.push(format!("a@{address}"));
    }
    let verdicts: BTreeMap<_, _> = addresses
        .iter()
        .map(|address| (address, address.validate_email()))
        .collect();
    let json = serde_json::to_string_pretty(&verdicts).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime/tests/validation/emails.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &json).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap();
    assert!(
        json == expected,
        "runtime/tests/validation/emails.json is out of date, run with UPDATE_EXPECT=1"
    );
}
