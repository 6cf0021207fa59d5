//! The media type of an uploaded file, from its first bytes and from the type that the client claims.

use mizan_core::upload::UploadField;

/// The number of bytes at the start of a file that are inspected.
pub(super) const SNIFF_BYTES: usize = 8 * 1024;

/// Determines the media type of a file and checks that `field` accepts it.
///
/// # Errors
///
/// Returns a message for the user if the content does not match the claimed type, or if the field does
/// not accept the type.
pub(super) fn check(field: &UploadField, claimed: &str, start: &[u8]) -> Result<String, String> {
    let claimed = match claimed {
        "" | "application/octet-stream" => None,
        claimed => Some(claimed.to_ascii_lowercase()),
    };
    let sniffed = infer::get(start).map(|found| found.mime_type());
    let (media_type, is_verified) = match (sniffed, claimed) {
        (Some(sniffed), None) => (sniffed.to_owned(), true),
        (Some(sniffed), Some(claimed)) if is_refinement(&claimed, sniffed) => (claimed, true),
        (Some(sniffed), Some(claimed)) if is_same_class(&claimed, sniffed) => {
            (sniffed.to_owned(), true)
        }
        // `infer` would have recognized a file of this type.
        (None, Some(claimed)) if infer::is_mime_supported(&claimed) => {
            return Err(mismatch(&claimed));
        }
        (None, Some(claimed)) if claimed.starts_with("text/") && start.contains(&0) => {
            return Err(mismatch(&claimed));
        }
        (None, Some(claimed)) => (claimed, false),
        (Some(_), Some(claimed)) => return Err(mismatch(&claimed)),
        (None, None) => ("application/octet-stream".to_owned(), false),
    };
    // A pattern such as `image/*` accepts only types that are verified, and text, which cannot be
    // recognized. Another unverified type has to be listed by its name.
    let is_accepted = if is_verified || media_type.starts_with("text/") {
        field.accepts(&media_type)
    } else {
        field.accept.is_empty()
            || field
                .accept
                .iter()
                .any(|accepted| accepted == "*/*" || accepted.eq_ignore_ascii_case(&media_type))
    };
    if is_accepted {
        Ok(media_type)
    } else {
        Err(format!(
            "Choose a file of type {}.",
            field.accept.join(", ")
        ))
    }
}

fn mismatch(claimed: &str) -> String {
    format!("The content of the file does not match its type, {claimed}.")
}

/// Returns whether `claimed` is a more specific type of files that `infer` recognizes as `sniffed`.
fn is_refinement(claimed: &str, sniffed: &str) -> bool {
    match sniffed {
        _ if claimed == sniffed => true,
        "application/zip" => {
            let zip_formats = [
                "+zip",
                "openxmlformats",
                "opendocument",
                "java-archive",
                "package",
            ];
            zip_formats.iter().any(|name| claimed.contains(name))
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

/// Returns whether both types are images, for example. A PNG with the extension `.jpg` is not an attack,
/// and gets the type of its content.
fn is_same_class(claimed: &str, sniffed: &str) -> bool {
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

    fn check_accepting(accept: &str, claimed: &str, start: &[u8]) -> Result<String, String> {
        let mut field = UploadField::new("file");
        field.accept = accept.split_terminator(',').map(str::to_owned).collect();
        check(&field, claimed, start)
    }

    #[test]
    fn determines_type_from_content_and_claim() {
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
                check_accepting(accept, claimed, start).as_deref(),
                Ok(found),
                "{claimed} {accept}"
            );
        }
    }

    #[test]
    fn rejects_mismatched_and_unaccepted_types() {
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
                check_accepting(accept, claimed, start),
                Err(refusal.to_owned()),
                "{claimed} {accept}"
            );
        }
    }
}
