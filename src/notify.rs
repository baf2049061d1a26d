//! Notify: sends clients what the outbox holds for them: calls of their webhooks, e-mail, text messages.
//!
//! What is due, in which order and when again, is decided by [`desk::Desk`] without touching anything; [`sender::Sender`] does the talking.

pub mod desk;
pub mod secret;
pub mod sender;
