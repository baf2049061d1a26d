//! The sender: talks to receivers. Blocks, so that it is given threads of its own.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport as _};
use skyhaul_web::notification::outbox::{Letter, Recipient};
use skyhaul_web::trace;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;

use self::resolver::PublicResolver;
use super::desk::Sent;
use super::secret::signature;
use crate::outbound;

mod resolver;

/// How long a receiver may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What is configured of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SenderSettings {
    /// Whether clients' webhooks may lie in private networks.
    pub allow_private_addresses: bool,
    /// What calls are signed with where a client brought nothing of its own.
    pub secret: String,
    /// Where text messages are handed over, if anywhere.
    pub sms_webhook: Option<String>,
    /// The mail server, `smtps://user:password@host`, if there is one.
    pub smtp_url: Option<String>,
    /// Whom e-mail comes from.
    pub email_from: String,
}

/// Sends letters.
pub struct Sender {
    /// Calls what clients named.
    clients: ureq::Agent,
    /// Calls what whoever runs the service named.
    own: ureq::Agent,
    secret: String,
    sms_webhook: Option<String>,
    mail: Option<Mail>,
}

struct Mail {
    server: SmtpTransport,
    from: Mailbox,
}

impl Sender {
    /// A sender as configured.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn new(settings: SenderSettings) -> Result<Self, String> {
        let mail = match &settings.smtp_url {
            Some(url) => Some(Mail::new(url, &settings.email_from)?),
            None => None,
        };
        let own = ureq::Agent::new_with_config(config());
        let clients = if settings.allow_private_addresses {
            own.clone()
        } else {
            ureq::Agent::with_parts(
                config(),
                DefaultConnector::default(),
                PublicResolver(DefaultResolver::default()),
            )
        };
        Ok(Self {
            clients,
            own,
            secret: settings.secret,
            sms_webhook: settings.sms_webhook,
            mail,
        })
    }

    /// Sends a letter at a time in seconds since 1970.
    #[must_use]
    pub fn send(&self, letter: &Letter, now_unix_s: i64) -> Sent {
        match &letter.to {
            Recipient::Webhook { url, secret } => {
                let secret = secret.as_ref().unwrap_or(&self.secret);
                call(&self.clients, url, secret, letter, now_unix_s)
            }
            Recipient::Sms(_) => match &self.sms_webhook {
                Some(url) => call(&self.own, url, &self.secret, letter, now_unix_s),
                None => Sent::Refused("no gateway for text messages is configured".to_owned()),
            },
            Recipient::Email(address) => match &self.mail {
                Some(mail) => mail.send(address, letter),
                None => Sent::Refused("no mail server is configured".to_owned()),
            },
            Recipient::Unknown => Sent::Refused("whom it was for is no longer known".to_owned()),
        }
    }
}

/// Receivers are called by nobody in between, who would look their names up again.
fn config() -> ureq::config::Config {
    outbound::calls(ANSWER_MAX).proxy(None).build()
}

fn call(agent: &ureq::Agent, url: &str, secret: &str, letter: &Letter, now_unix_s: i64) -> Sent {
    let signed = signature(secret, &letter.id, now_unix_s, &letter.event);
    let answer = agent
        .post(url)
        .header("content-type", "application/cloudevents+json; charset=utf-8")
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", now_unix_s.to_string())
        .header("webhook-signature", signed)
        .header(trace::TRACEPARENT, trace::header(letter.trace))
        .send(letter.event.as_slice());
    match answer.map(|answer| answer.status()) {
        Ok(status) if status.is_success() => Sent::Taken,
        Ok(status) if status.as_u16() == 410 => Sent::Refused("the receiver wants no more (410)".to_owned()),
        Ok(status) => Sent::Failed(format!("the receiver answered {}", status.as_u16())),
        Err(error) => Sent::Failed(error.to_string()),
    }
}

impl Mail {
    fn new(url: &str, from: &str) -> Result<Self, String> {
        let server = SmtpTransport::from_url(url)
            .map_err(|error| format!("notifications.smtp_url cannot be used: {error}"))?
            .timeout(Some(ANSWER_MAX))
            .build();
        let from = from.parse().map_err(|_| {
            "notifications.email_from is no address such as Skyhaul <noreply@example.com>".to_owned()
        })?;
        Ok(Self { server, from })
    }

    fn send(&self, address: &str, letter: &Letter) -> Sent {
        let Ok(to) = address.parse::<Mailbox>() else {
            return Sent::Refused("is no e-mail address".to_owned());
        };
        let (subject, text) = letter.words.clone();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .body(text);
        match message.map(|message| self.server.send(&message)) {
            Ok(Ok(_)) => Sent::Taken,
            Ok(Err(error)) if error.is_permanent() => Sent::Refused(error.to_string()),
            Ok(Err(error)) => Sent::Failed(error.to_string()),
            Err(error) => Sent::Refused(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
