//! The lines of the response to a client navigation.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::embedded_data::PageData;
use crate::error::RenderError;
use crate::log_text::log_text;
use crate::observation::error_id;
use crate::renderer::RenderStream;

/// The lines of a response: a description, and the results of server functions.
pub(super) struct NavigationStream {
    first: Option<Bytes>,
    rest: Option<RenderStream>,
    component: String,
}

impl NavigationStream {
    pub(super) fn new(first: String, rest: RenderStream, component: &str) -> Self {
        Self {
            first: Some(first.into()),
            rest: Some(rest),
            component: component.into(),
        }
    }

    pub(super) fn is_end(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        while let Some(rest) = &mut self.rest {
            match ready!(Pin::new(&mut *rest).poll_chunk(cx)) {
                Some(Ok(chunk)) => {
                    if let Some(line) = data_line(&chunk.data) {
                        return Poll::Ready(Some(line.into()));
                    }
                }
                // The browser renders the component itself.
                Some(Err(error)) => {
                    rest.span().in_scope(|| log_error(&self.component, &error));
                }
                None => self.rest = None,
            }
        }
        Poll::Ready(None)
    }
}

fn log_error(component: &str, error: &RenderError) {
    let id = error_id();
    tracing::error!(error_id = id, component, error = %log_text(&error), "rendering failed after the page of a navigation was sent");
}

fn data_line(data: &PageData) -> Option<String> {
    let members = data.members();
    (!members.is_empty()).then(|| format!("{{{members}}}\n"))
}

#[cfg(test)]
mod tests {
    use super::data_line;
    use crate::embedded_data::{EmbeddedData, PageData};

    #[test]
    fn data_is_an_object_in_one_line() {
        let mut embedded = EmbeddedData::default();
        embedded.push_result("user", "", Ok("{\n\"name\": 1}"));
        let data = embedded.take([("slow", "")]);
        let expected =
            r#"{"results":[{"name":"user","output":{ "name": 1}}],"pending":[{"name":"slow"}]}"#;
        assert_eq!(data_line(&data), Some(format!("{expected}\n")));
        assert_eq!(data_line(&PageData::default()), None);
    }
}
