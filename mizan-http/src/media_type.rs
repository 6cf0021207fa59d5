//! What a file is: what its first bytes say, what its client claims, and what a field takes.

use mizan_core::upload::UploadField;

/// How many of a file's first bytes are looked at.
pub(crate) const SNIFFED: usize = 8 * 1024;

/// Names what a file is, out of its first bytes and of what its client claims.
///
/// # Errors
///
/// For the person who sent it: the field takes no such files, or the claim is a lie.
pub(crate) fn check(field: &UploadField, claimed: &str, start: &[u8]) -> Result<String, String> {
    let claimed = match claimed {
        "" | "application/octet-stream" => None,
        claimed => Some(claimed.to_ascii_lowercase()),
    };
    let sniffed = infer::get(start).map(|found| found.mime_type());
    let (found, is_proven) = match (sniffed, claimed) {
        (Some(sniffed), None) => (sniffed.to_owned(), true),
        (Some(sniffed), Some(claimed)) if is_kind_of(&claimed, sniffed) => (claimed, true),
        (Some(sniffed), Some(claimed)) if is_like(&claimed, sniffed) => (sniffed.to_owned(), true),
        // Files of this type would have been recognised.
        (None, Some(claimed)) if infer::is_mime_supported(&claimed) => return Err(lie(&claimed)),
        (None, Some(claimed)) if claimed.starts_with("text/") && start.contains(&0) => {
            return Err(lie(&claimed));
        }
        (None, Some(claimed)) => (claimed, false),
        (Some(_), Some(claimed)) => return Err(lie(&claimed)),
        (None, None) => ("application/octet-stream".to_owned(), false),
    };
    // `image/*` is what is known to be an image. A mere claim has to be named, unless it is text,
    // which cannot be recognised.
    let takes = if is_proven || found.starts_with("text/") {
        field.accepts(&found)
    } else {
        field.accept.is_empty()
            || field
                .accept
                .iter()
                .any(|accepted| accepted == "*/*" || accepted.eq_ignore_ascii_case(&found))
    };
    if takes {
        Ok(found)
    } else {
        Err(format!(
            "Choose a file of type {}.",
            field.accept.join(", ")
        ))
    }
}

fn lie(claimed: &str) -> String {
    format!("The content of the file does not match its type, {claimed}.")
}

/// Whether what is recognised as `sniffed` may well be `claimed`, which says more.
fn is_kind_of(claimed: &str, sniffed: &str) -> bool {
    match sniffed {
        _ if claimed == sniffed => true,
        "application/zip" => {
            let zipped = [
                "+zip",
                "openxmlformats",
                "opendocument",
                "java-archive",
                "package",
            ];
            zipped.iter().any(|name| claimed.contains(name))
        }
        "application/x-ole-storage" => {
            claimed == "application/msword" || claimed.starts_with("application/vnd.ms-")
        }
        "text/xml" => {
            claimed.ends_with("+xml")
                || claimed == "application/xml"
                || claimed.starts_with("text/")
        }
        _ => sniffed.starts_with("text/") && claimed.starts_with("text/"),
    }
}

/// Whether both name pictures, say: a PNG that is called `.jpg` is a PNG, and no attack.
fn is_like(claimed: &str, sniffed: &str) -> bool {
    let class = |media_type: &str| match media_type.split('/').next() {
        Some("image") => 1,
        Some("audio" | "video") => 2,
        Some("font") => 3,
        _ => 0,
    };
    let is_archive = |media_type: &str| {
        ["zip", "gzip", "tar", "compressed"]
            .iter()
            .any(|name| media_type.ends_with(name))
    };
    class(claimed) == class(sniffed) && class(claimed) != 0
        || is_archive(claimed) && is_archive(sniffed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    const PDF: &[u8] = b"%PDF-1.7\n";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0";
    const ELF: &[u8] = &[
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0, 1, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
    ];
    const HTML: &[u8] = b"<html><script>alert(1)</script>";
    const TEXT: &[u8] = b"a,b\n1,2\n";

    fn types(accept: &str, claimed: &str, start: &[u8]) -> Result<String, String> {
        let mut field = UploadField::new("file");
        field.accept = accept.split_terminator(',').map(str::to_owned).collect();
        check(&field, claimed, start)
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        for (accept, claimed, start, found) in [
            ("", "image/png", PNG, "image/png"),
            ("image/png", "IMAGE/PNG", PNG, "image/png"),
            ("image/*", "", PNG, "image/png"),
            ("image/*", "image/jpeg", PNG, "image/png"),
            ("image/jpeg", "image/jpg", JPEG, "image/jpeg"),
            (
                "",
                "application/octet-stream",
                ELF,
                "application/x-executable",
            ),
            ("", "", b"\x01\x02", "application/octet-stream"),
            ("application/pdf", "application/pdf", PDF, "application/pdf"),
            ("", "application/x-zip-compressed", ZIP, "application/zip"),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                ZIP,
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("text/csv", "text/csv", TEXT, "text/csv"),
            ("text/*", "text/csv", TEXT, "text/csv"),
            ("text/plain", "text/plain", HTML, "text/plain"),
            (
                "application/json",
                "application/json",
                b"{}",
                "application/json",
            ),
            ("image/svg+xml", "image/svg+xml", b"<svg/>", "image/svg+xml"),
            (
                "",
                "image/svg+xml",
                b"<?xml version=\"1.0\"?><svg/>",
                "image/svg+xml",
            ),
        ] {
            assert_eq!(
                types(accept, claimed, start).as_deref(),
                Ok(found),
                "{claimed} {accept}"
            );
        }
    }

    #[test]
    fn lies_and_other_types_are_refused() {
        for (accept, claimed, start, refusal) in [
            (
                "",
                "image/png",
                HTML,
                "The content of the file does not match its type, image/png.",
            ),
            (
                "",
                "image/png",
                TEXT,
                "The content of the file does not match its type, image/png.",
            ),
            (
                "",
                "image/png",
                ELF,
                "The content of the file does not match its type, image/png.",
            ),
            (
                "image/*",
                "image/png",
                ELF,
                "The content of the file does not match its type, image/png.",
            ),
            (
                "",
                "application/pdf",
                ZIP,
                "The content of the file does not match its type, application/pdf.",
            ),
            (
                "",
                "text/plain",
                b"a\0b",
                "The content of the file does not match its type, text/plain.",
            ),
            (
                "",
                "text/plain",
                ELF,
                "The content of the file does not match its type, text/plain.",
            ),
            (
                "image/png,image/jpeg",
                "image/png",
                b"GIF89a",
                "Choose a file of type image/png, image/jpeg.",
            ),
            (
                "image/png",
                "",
                b"GIF89a",
                "Choose a file of type image/png.",
            ),
            ("image/png", "", b"\x01", "Choose a file of type image/png."),
            (
                "image/*",
                "image/made-up",
                HTML,
                "The content of the file does not match its type, image/made-up.",
            ),
            (
                "image/*",
                "image/made-up",
                TEXT,
                "Choose a file of type image/*.",
            ),
            (
                "image/*",
                "image/svg+xml",
                b"<svg/>",
                "Choose a file of type image/*.",
            ),
            (
                "image/*",
                "text/plain",
                TEXT,
                "Choose a file of type image/*.",
            ),
        ] {
            assert_eq!(
                types(accept, claimed, start),
                Err(refusal.to_owned()),
                "{claimed} {accept}"
            );
        }
    }
}
