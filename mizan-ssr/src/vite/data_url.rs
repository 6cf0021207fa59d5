//! Data URLs of inlined assets.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Returns the data URL that Vite writes into a script for a file below `build.assetsInlineLimit`.
///
/// The page must contain the same text as the script, or hydration reports a mismatch.
pub(crate) fn data_url(file: &Path, content: &[u8]) -> String {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let kind = match &*extension.to_ascii_lowercase() {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "bmp" => "image/bmp",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    };
    match std::str::from_utf8(content) {
        Ok(svg) if kind == "image/svg+xml" && !is_whitespace_significant(svg) => {
            let words: Vec<_> = svg.split_whitespace().collect();
            let text = words
                .join(" ")
                .replace("> <", "><")
                .replace('"', "'")
                .replace('%', "%25")
                .replace('#', "%23")
                .replace('<', "%3c")
                .replace('>', "%3e")
                .replace(' ', "%20");
            format!("data:{kind},{text}")
        }
        _ => format!("data:{kind};base64,{}", BASE64_STANDARD.encode(content)),
    }
}

/// Returns whether an SVG contains text or nested quotes, which rules out changing spaces and quotes.
fn is_whitespace_significant(svg: &str) -> bool {
    let quotes: Vec<char> = svg.chars().filter(|c| matches!(c, '"' | '\'')).collect();
    let nested = quotes
        .windows(2)
        .enumerate()
        .any(|(at, pair)| pair[0] != pair[1] && quotes[at + 2..].contains(&pair[0]));
    nested || svg.contains("<text") || svg.contains("<foreignObject")
}
