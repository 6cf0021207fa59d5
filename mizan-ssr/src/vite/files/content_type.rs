//! Content types of files, and the choice of types that compress well.

/// Returns the content type of a file, by its extension.
pub(super) fn of_file(path: &str) -> &'static str {
    let guess = mime_guess::from_path(path).first_raw();
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "woff" => "font/woff",
        _ => match guess.unwrap_or("application/octet-stream") {
            "text/html" => "text/html; charset=utf-8",
            "text/css" => "text/css; charset=utf-8",
            "text/plain" => "text/plain; charset=utf-8",
            "text/markdown" => "text/markdown; charset=utf-8",
            "text/xml" => "text/xml; charset=utf-8",
            other => other,
        },
    }
}

/// Returns whether files of a type become much smaller by compression.
pub(super) fn is_compressible(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence,
            "application/javascript"
                | "application/json"
                | "application/vnd.ms-fontobject"
                | "application/wasm"
                | "application/xml"
                | "font/otf"
                | "font/ttf"
                | "image/bmp"
                | "image/x-icon"
        )
}

#[cfg(test)]
mod tests {
    use super::{is_compressible, of_file};

    #[test]
    fn types_of_files_in_builds() {
        for (file, expected) in [
            ("assets/main-Bx3dQ9aT.js", "text/javascript; charset=utf-8"),
            ("assets/main.css", "text/css; charset=utf-8"),
            ("assets/main.js.map", "application/json"),
            ("assets/engine.wasm", "application/wasm"),
            ("favicon.svg", "image/svg+xml"),
            ("favicon.ico", "image/x-icon"),
            ("fonts/a.woff2", "font/woff2"),
            ("fonts/a.woff", "font/woff"),
            ("fonts/a.ttf", "font/ttf"),
            ("photo.avif", "image/avif"),
            ("photo.webp", "image/webp"),
            ("app.webmanifest", "application/manifest+json"),
            ("robots.txt", "text/plain; charset=utf-8"),
            ("index.html", "text/html; charset=utf-8"),
            ("film.mp4", "video/mp4"),
            ("LICENSE", "application/octet-stream"),
        ] {
            assert_eq!(of_file(file), expected, "{file}");
        }
    }

    #[test]
    fn compresses_text_but_not_photos() {
        for (file, expected) in [
            ("a.js", true),
            ("a.svg", true),
            ("a.wasm", true),
            ("a.json", true),
            ("a.ttf", true),
            ("a.woff2", false),
            ("a.png", false),
            ("a.mp4", false),
            ("a.zip", false),
        ] {
            assert_eq!(is_compressible(of_file(file)), expected, "{file}");
        }
    }
}
