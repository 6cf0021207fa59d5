//! What React hoists: elements for the document's head, which it writes before the component's own.

/// The start of a component's markup, parted where what belongs into the head ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hoisted<'a> {
    pub(crate) head: &'a str,
    pub(crate) rest: &'a str,
    /// There is a `<title>` in it.
    pub(crate) title: bool,
    /// There is a `<meta name="viewport">` in it.
    pub(crate) viewport: bool,
}

struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    length: usize,
}

/// Parts `markup`, which React made: in its text and its attributes `<`, `>`, `&` and quotes are
/// escaped. At the first thing that is of another form everything else is the component's.
///
/// One thing cannot be told: a `<link>` or `<script>` with `onLoad` or `onError`, which React leaves in
/// its place, when it is the very first element of the component.
pub(crate) fn split(markup: &str) -> Hoisted<'_> {
    let mut at = 0;
    let (mut title, mut viewport) = (false, false);
    while let Some(tag) = tag(&markup[at..]) {
        let Some(length) = hoisted(&tag, &markup[at..]) else {
            break;
        };
        title |= tag.name == "title";
        viewport |= tag.name == "meta" && tag.get("name") == Some("viewport");
        at += length;
    }
    let (head, rest) = markup.split_at(at);
    Hoisted {
        head,
        rest,
        title,
        viewport,
    }
}

/// The length of the element that `tag` begins, where React hoisted it.
fn hoisted(tag: &Tag<'_>, markup: &str) -> Option<usize> {
    // What is part of microdata stays in its place.
    if tag.get("itemprop").is_some() {
        return None;
    }
    let content = &markup[tag.length..];
    match tag.name {
        "meta" => Some(tag.length),
        "link" => {
            let rel = tag.get("rel")?;
            tag.get("href").filter(|href| !href.is_empty())?;
            (rel != "stylesheet" || tag.get("data-precedence").is_some()).then_some(tag.length)
        }
        "title" => {
            let text = content.find('<')?;
            let end = "</title>";
            content[text..]
                .starts_with(end)
                .then_some(tag.length + text + end.len())
        }
        "style" => {
            tag.get("data-precedence")?;
            let end = "</style>";
            Some(tag.length + content.find(end)? + end.len())
        }
        "script" => {
            tag.get("async")?;
            tag.get("src")?;
            let end = "</script>";
            content.starts_with(end).then_some(tag.length + end.len())
        }
        _ => None,
    }
}

impl<'a> Tag<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self
            .attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// The opening tag at the very start of `markup`.
fn tag(markup: &str) -> Option<Tag<'_>> {
    let mut rest = markup.strip_prefix('<')?;
    let name = take(&mut rest, |byte| byte.is_ascii_lowercase())?;
    let mut attributes = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return Some(Tag {
                name,
                attributes,
                length: markup.len() - after.len(),
            });
        }
        rest = rest.strip_prefix(' ')?;
        let attribute = take(&mut rest, |byte| {
            byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte)
        })?;
        rest = rest.strip_prefix("=\"")?;
        let (value, after) = rest.split_once('"')?;
        attributes.push((attribute, value));
        rest = after;
    }
}

/// Takes the bytes off `text` that are `of`, of which there is one at least.
fn take<'a>(text: &mut &'a str, of: impl Fn(u8) -> bool) -> Option<&'a str> {
    let length = text.bytes().take_while(|byte| of(*byte)).count();
    let (taken, rest) = text.split_at(length);
    *text = rest;
    (length > 0).then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[track_caller]
    fn check(head: &str, rest: &str) {
        let markup = format!("{head}{rest}");
        let found = split(&markup);
        assert_eq!((found.head, found.rest), (head, rest));
    }

    #[test]
    fn what_react_hoists_goes_to_the_head() {
        check(
            "<meta charSet=\"utf-8\"/><link rel=\"preload\" href=\"/a\" as=\"font\" crossorigin=\"\"/>\
             <link rel=\"stylesheet\" href=\"/p.css\" data-precedence=\"default\"/>\
             <style data-precedence=\"high\" data-href=\"k\">a>b{} </\\73 tyle></style>\
             <script src=\"/x.js\" async=\"\"></script><title>a &lt; é</title><title></title>\
             <meta name=\"description\" content=\"&quot;&gt;&lt;script&gt;\"/>",
            "<main><title>not this</title></main>",
        );
    }

    #[test]
    fn the_components_own_elements_stay() {
        for own in [
            "<link rel=\"stylesheet\" href=\"/a.css\"/>",
            "<link href=\"/a.css\"/>",
            "<link rel=\"icon\" href=\"\"/>",
            "<link rel=\"license\" itemProp=\"license\" href=\"/l\"/>",
            "<meta itemProp=\"x\" content=\"y\"/>",
            "<style>a{}</style>",
            "<script src=\"/a.js\"></script>",
            "<script async=\"\">alert(1)</script>",
            "<script async=\"\" src=\"/a.js\">x</script>",
            "<title>a<b></title>",
            "<title>without an end",
            "<meta name='other' />",
            "<meta name=\"no end",
            "<!--$--><title>x</title>",
            "text<title>x</title>",
            "</div>",
            "<",
            "",
        ] {
            check("<title>t</title>", own);
        }
    }

    #[test]
    fn titles_and_viewports_are_noticed() {
        let found = split("<meta name=\"viewport\" content=\"x\"/><title>t</title><p></p>");
        assert!(found.title && found.viewport);
        let found = split("<meta name=\"x\"/><p><title>t</title></p>");
        assert!(!found.title && !found.viewport);
    }
}
