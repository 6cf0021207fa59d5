use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comments among `attributes`.
#[must_use]
pub fn doc_text(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    let lines: Vec<_> = lines
        .map(|line| {
            line.strip_prefix(' ')
                .unwrap_or(&line)
                .trim_end()
                .to_owned()
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use syn::{ItemStruct, parse_quote};

    use super::doc_text;

    #[test]
    fn a_text_has_the_lines_of_its_comments_and_their_indents() {
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
