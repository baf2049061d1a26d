//! `notifymerequests`: somebody asks to be told, and sees what they were told.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::Uri;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use skyhaul_actors::command::{Channel, Command, NotificationRequest};
use skyhaul_actors::ids::ContactId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fold::SUBSCRIPTIONS_MAX;
use super::row::{ContactRow, OutcomeRow, contact_row, notice_key, outcome_rows};
use super::shown::{NoticeResponse, NotificationResponse};
use super::{NotificationSettings, is_public};
use crate::change::delivery_id;
use crate::delivery::Delivery;
use crate::http::fields::{Faults, Fields, Letters};
use crate::http::problem::Problem;

/// The largest body: four short texts.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// The longest address of a webhook: what browsers and proxies take.
const URL_BYTES_MAX: usize = 2_048;

/// The longest e-mail address (RFC 5321, 4.5.3.1).
const EMAIL_BYTES_MAX: usize = 254;

/// The longest telephone number: fifteen digits (E.164), and what people write between them.
const NUMBER_BYTES_MAX: usize = 40;

/// The longest secret.
const SECRET_BYTES_MAX: usize = 256;

/// The shortest secret: 128 bits in hexadecimal digits.
const SECRET_BYTES_MIN: usize = 16;

/// Who wants to be told, and how: one way at least.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct NotifyMeRequest {
    /// Where e-mail goes.
    #[schema(max_length = 254)]
    email_address: Option<String>,
    /// The telephone number that text messages go to.
    #[schema(max_length = 40)]
    sms: Option<String>,
    /// An `http` or `https` address to be called with CloudEvents 1.0.
    #[schema(max_length = 2048)]
    webhook: Option<String>,
    /// What calls of the webhook are signed with; else the service's own secret.
    #[schema(min_length = 16, max_length = 256)]
    secret: Option<String>,
}

/// Tells somebody how a delivery goes: of each change of its stage, the first time when somebody is on the way, with the estimated arrival.
#[utoipa::path(
    post,
    path = "/api/deliveries/{id}/notifymerequests",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    request_body = NotifyMeRequest,
    responses(
        (status = 204, description = "They will be told"),
        (status = 400, description = "It cannot be understood, or nobody is named", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "So many are told of it already", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "An address cannot be reached from here", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn notify_me(
    service: Data<Delivery>,
    path: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (id, row, body) = service.named(&path, (&http, payload), BODY_BYTES_MAX).await?;
    let contact = read(&body, service.context.settings.notifications)?;
    if row.told.len() >= SUBSCRIPTIONS_MAX {
        return Err(Problem::conflict(format!(
            "at most {SUBSCRIPTIONS_MAX} are told of one delivery"
        )));
    }
    let pseudonym = Uuid::new_v4().as_u128();
    let request = NotificationRequest {
        delivery: id,
        contact: ContactId(pseudonym),
        channels: channels(&contact),
    };
    let table = service.table.clone();
    let kept = web::block(move || table.keep(&contact_row(pseudonym), &contact)).await;
    kept.map_err(|_| Problem::saturated())??;
    let commands = Arc::clone(&service.context.commands);
    commands.submit(Command::RequestNotification(request)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who is told of a delivery, what they were told, and what is still tried.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/notifymerequests",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Those who are told, in the order in which they asked", body = Vec<NotificationResponse>),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_notifications(
    service: Data<Delivery>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&path)?;
    let row = service.get(id)?;
    let shown = web::block(move || {
        let mut outcomes = Vec::new();
        let rows = outcome_rows(id);
        service
            .table
            .scan((&rows, &rows.end()), false, &mut |key, outcome: OutcomeRow| {
                outcomes.extend(notice_key(key).map(|key| (key, outcome)));
                true
            })?;
        let mut shown = Vec::new();
        for subscription in &row.told {
            let contact: ContactRow = service
                .table
                .get(&contact_row(subscription.contact))?
                .unwrap_or_default();
            let theirs = outcomes
                .iter()
                .filter(|(key, _)| key.subscription == subscription.number);
            let notices = theirs.map(|(_, outcome)| NoticeResponse::new(outcome)).collect();
            shown.push(NotificationResponse::new(subscription, contact, notices));
        }
        Ok::<_, Problem>(shown)
    });
    let shown = shown.await.map_err(|_| Problem::saturated())??;
    Ok(HttpResponse::Ok().json(shown))
}

fn channels(contact: &ContactRow) -> Vec<Channel> {
    let ways = [
        (Channel::Webhook, contact.webhook.is_some()),
        (Channel::Email, contact.email.is_some()),
        (Channel::Sms, contact.sms.is_some()),
    ];
    ways.into_iter()
        .filter_map(|(channel, is_there)| is_there.then_some(channel))
        .collect()
}

fn read(body: &Map<String, Value>, settings: NotificationSettings) -> Result<ContactRow, Problem> {
    let faults = Faults::default();
    let fields = Fields::new(body, Letters::AnyCase, &faults);
    let said = |name, bytes_max| {
        fields
            .text(name, bytes_max)
            .filter(|text| !text.trim().is_empty())
    };
    let contact = ContactRow {
        webhook: said("webhook", URL_BYTES_MAX),
        secret: said("secret", SECRET_BYTES_MAX),
        email: said("emailAddress", EMAIL_BYTES_MAX),
        sms: said("sms", NUMBER_BYTES_MAX),
    };
    if let Some(Err(reason)) = contact.webhook.as_deref().map(|url| check_url(url, settings)) {
        faults.impossible("webhook", reason);
    }
    if contact
        .secret
        .as_ref()
        .is_some_and(|secret| secret.len() < SECRET_BYTES_MIN)
    {
        faults.impossible("secret", format!("is shorter than {SECRET_BYTES_MIN} bytes"));
    }
    if contact.email.as_deref().is_some_and(|address| !is_email(address)) {
        faults.impossible("emailAddress", "is no e-mail address");
    }
    if contact.sms.as_deref().is_some_and(|number| !is_number(number)) {
        faults.impossible("sms", "is no telephone number such as +39 055 123456");
    }
    faults.check()?;
    if channels(&contact).is_empty() {
        return Err(Problem::malformed(
            "name a `webhook`, an `emailAddress` or an `sms` number to be told at",
        ));
    }
    Ok(contact)
}

/// Whether an address may be called, as far as its text tells: names are looked up, and what they mean is checked, whenever it is called.
fn check_url(url: &str, settings: NotificationSettings) -> Result<(), &'static str> {
    let uri: Uri = url
        .parse()
        .map_err(|_| "is no address such as https://example.com/hook")?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("must begin with https:// or http://");
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err("must not hold a user name or a password");
    }
    let host = uri.host().unwrap_or_default();
    if host.is_empty() {
        return Err("names no host");
    }
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_here =
        literal.is_some_and(|address| !is_public(address)) || host.eq_ignore_ascii_case("localhost");
    if is_here && !settings.allow_private_addresses {
        return Err("lies in a private network, which the service does not call");
    }
    Ok(())
}

/// Whether it looks like one: something, an `@`, a domain, and nothing that would end a header.
fn is_email(address: &str) -> bool {
    let is_plain = address
        .chars()
        .all(|letter| !letter.is_control() && !letter.is_whitespace() && letter != ',');
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            is_plain && !local.is_empty() && domain.len() > 2 && !domain.contains(['<', '>'])
        }
        None => false,
    }
}

fn is_number(number: &str) -> bool {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let is_plain = number
        .chars()
        .all(|letter| letter.is_ascii_digit() || "+ -()/.".contains(letter));
    is_plain && (3..=15).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: NotificationSettings = NotificationSettings {
        allow_private_addresses: false,
    };

    #[test]
    fn addresses_that_lead_into_the_service_own_network_are_refused() {
        for url in [
            "http://127.0.0.1/x",
            "http://[::1]:80/x",
            "https://10.0.0.8/",
            "http://169.254.169.254/latest",
            "http://LOCALHOST:8080/",
            "ftp://example.com/",
            "/hook",
            "https://user:pass@example.com/",
            "not a url",
        ] {
            assert!(check_url(url, CLOSED).is_err(), "{url}");
        }
        for url in [
            "https://example.com/hook?x=1",
            "http://example.com:8080",
            "https://8.8.8.8/",
        ] {
            assert_eq!(check_url(url, CLOSED), Ok(()), "{url}");
        }
        let open = NotificationSettings {
            allow_private_addresses: true,
        };
        assert_eq!(check_url("http://127.0.0.1:9/x", open), Ok(()));
    }

    #[test]
    fn what_would_begin_a_header_is_no_email_address() {
        for address in ["a@b.it", "first.last+tag@mail.example.com"] {
            assert!(is_email(address), "{address}");
        }
        for address in [
            "",
            "a",
            "@b.it",
            "a@b",
            "a b@c.it",
            "a@b.it\r\nBcc: x@y.it",
            "a@b.it,c@d.it",
            "<a@b.it>",
        ] {
            assert!(!is_email(address), "{address}");
        }
    }

    #[test]
    fn telephone_numbers_may_be_written_as_people_do() {
        for number in ["+39 055 123456", "(055) 123-456", "112"] {
            assert!(is_number(number), "{number}");
        }
        for number in ["", "call me", "+", "1234567890123456"] {
            assert!(!is_number(number), "{number}");
        }
    }
}
