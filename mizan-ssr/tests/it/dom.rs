//! The document as a browser parses it.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

pub(crate) struct Dom(RcDom);

/// An element of a document.
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) text: String,
    /// The name of the parent element.
    pub(crate) parent: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns whether a browser executes the element as a script.
    pub(crate) fn runs(&self) -> bool {
        self.name == "script" && self.get("type").is_none_or(|kind| kind == "module")
    }
}

impl Dom {
    pub(crate) fn parse(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        Self(dom)
    }

    /// Returns all elements in document order.
    pub(crate) fn elements(&self) -> Vec<Element> {
        let mut elements = Vec::new();
        collect(&self.0.document, "", &mut elements);
        elements
    }

    pub(crate) fn all(&self, name: &str) -> Vec<Element> {
        let mut elements = self.elements();
        elements.retain(|element| element.name == name);
        elements
    }

    #[track_caller]
    pub(crate) fn by_id(&self, id: &str) -> Element {
        let mut elements = self.elements();
        elements.retain(|element| element.get("id") == Some(id));
        assert_eq!(elements.len(), 1, "#{id}");
        elements.remove(0)
    }

    /// Returns the parse errors, such as a missing doctype.
    pub(crate) fn errors(&self) -> Vec<String> {
        let errors = self.0.errors.borrow();
        errors.iter().map(ToString::to_string).collect()
    }
}

fn collect(node: &Handle, parent: &str, elements: &mut Vec<Element>) {
    let mut inside = parent.to_owned();
    if let NodeData::Element { name, attrs, .. } = &node.data {
        inside = name.local.to_string();
        let attributes = attrs.borrow();
        elements.push(Element {
            name: inside.clone(),
            attributes: attributes
                .iter()
                .map(|attribute| {
                    (
                        attribute.name.local.to_string(),
                        attribute.value.to_string(),
                    )
                })
                .collect(),
            text: text(node),
            parent: parent.into(),
        });
    }
    for child in node.children.borrow().iter() {
        collect(child, &inside, elements);
    }
}

fn text(node: &Handle) -> String {
    let mut found = String::new();
    if let NodeData::Text { contents } = &node.data {
        found.push_str(&contents.borrow());
    }
    for child in node.children.borrow().iter() {
        found.push_str(&text(child));
    }
    found
}
