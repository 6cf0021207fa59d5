//! Doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments among `attributes`.
#[must_use]
pub fn doc_text(attributes: &[Attribute]) -> String {
    let lines: Vec<_> = attributes
        .iter()
        .filter_map(doc_line)
        .map(|line| {
            line.strip_prefix(' ')
                .unwrap_or(&line)
                .trim_end()
                .to_owned()
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::{ItemStruct, parse_quote};

    use super::doc_text;

    #[test]
    fn joins_lines_and_keeps_indentation() {
        let item: ItemStruct = parse_quote! {
            /// A post.
            ///
            ///     indented
            #[allow(dead_code)]
            #[doc = include_str!("post.md")]
            #[doc(hidden)]
            /// Its end.
            struct Post;
        };
        assert_eq!(doc_text(&item.attrs), "A post.\n\n    indented\nIts end.");
        assert_eq!(doc_text(&[]), "");
    }
}
