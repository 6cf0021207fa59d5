//! The state machine of a connection, which performs no I/O.
//!
//! A [`ChannelSession`] takes [inputs](SessionInput), such as a frame of the client or an expired timer, and returns
//! [outputs](SessionOutput), such as a frame to send. [`Channels::serve`](crate::Channels::serve) drives one over a
//! [`Transport`](crate::transport::Transport).
//!
//! ```
//! use std::sync::Arc;
//!
//! use mizan_channels::ConnectionLimits;
//! use mizan_channels::session::{
//!     ChannelSession, ConnectionState, SessionInput, SessionOutput, SessionSettings,
//! };
//!
//! let settings = SessionSettings::new(ConnectionLimits::default());
//! let mut outputs = Vec::new();
//! let mut session = ChannelSession::new(Arc::new(settings), "connection 1", &mut outputs);
//! assert_eq!(session.state(), ConnectionState::AwaitingHello);
//!
//! outputs.clear();
//! let hello = r#"{"t":"hello","client":"pZ2vK1mXq8w"}"#;
//! session.step(SessionInput::Frame(hello.into()), &mut outputs);
//! let [.., SessionOutput::Authenticate { ticket, token: None }] = outputs[..] else {
//!     panic!("{outputs:?}");
//! };
//!
//! outputs.clear();
//! let result = Ok(Some("ada".into()));
//! session.step(SessionInput::Authenticated { ticket, result }, &mut outputs);
//! assert_eq!(session.state(), ConnectionState::Open);
//! assert!(matches!(&outputs[0], SessionOutput::Frame(welcome) if welcome.ends_with(b"}")));
//! ```

mod authentication;
mod channel_session;
mod client_messages;
mod events;
mod heartbeat;
mod message_queue;
#[cfg(test)]
mod model_check;
pub(crate) mod protocol;
mod refusal;
mod settings;
mod subscription;
mod subscriptions;
#[cfg(test)]
mod tests;
pub(crate) mod timers;
mod transitions;

pub use channel_session::{ChannelSession, ConnectionState};
pub use events::{SessionInput, SessionOutput, SubscriptionRequest};
pub use refusal::Refusal;
pub use settings::{SessionSettings, SubscriptionConfig};
pub use subscription::SubscriptionState;
pub use timers::Timer;
