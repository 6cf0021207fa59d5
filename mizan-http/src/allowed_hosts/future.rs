//! The future of the response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use super::body::AllowedHostsBody;
use crate::response::ReplyBody;
use crate::response::reply;

pin_project! {
    /// The future of an [`AllowedHostsService`](super::AllowedHostsService).
    pub struct AllowedHostsFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Allowed {
            #[pin]
            response: F,
        },
        Rejected {
            status: StatusCode,
            message: &'static str,
        },
    }
}

impl<F> AllowedHostsFuture<F> {
    pub(super) fn allowed(response: F) -> Self {
        Self {
            state: State::Allowed { response },
        }
    }

    pub(super) fn rejected(status: StatusCode, message: &'static str) -> Self {
        Self {
            state: State::Rejected { status, message },
        }
    }
}

impl<F, R, E> Future for AllowedHostsFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<AllowedHostsBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().state.project() {
            StateProjection::Allowed { response } => {
                ready!(response.poll(cx)).map(|response| response.map(AllowedHostsBody::allowed))
            }
            StateProjection::Rejected { status, message } => {
                Ok(plain_text(*status, message).map(AllowedHostsBody::rejected))
            }
        })
    }
}

fn plain_text(status: StatusCode, message: &'static str) -> Response<ReplyBody> {
    let body = ReplyBody::complete(Bytes::from_static(message.as_bytes()));
    let mut response = reply::response(body, "text/plain; charset=utf-8", "no-store");
    *response.status_mut() = status;
    response
}
