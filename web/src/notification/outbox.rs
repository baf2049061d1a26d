//! The outbox, as whoever sends reads it and says what became of each notice.

use serde::Serialize as _;
use skyhaul_actors::command::Channel;
use skyhaul_actors::ids::DeliveryId;

use super::row::{
    ContactRow, NoticeRow, NoticeState, OutcomeRow, contact_row, notice_key, notice_row, notices, outcome_row,
};
use super::shown::CloudEvent;
use crate::calendar::Calendar;
use crate::ports::StoreError;
use crate::store::Table;
use crate::trace::{DeliveryTraces, TraceContext};

pub use super::row::NoticeKey;

/// Reads and clears what is still to be told. Notices stay until they were taken or are given up, so they are sent at least once.
#[derive(Clone)]
pub struct Outbox {
    table: Table,
    calendar: Calendar,
}

/// Something to be told, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its place.
    pub key: NoticeKey,
    /// The delivery that it tells of.
    pub delivery: DeliveryId,
    /// The trace that the delivery belongs to.
    pub trace: TraceContext,
    /// Where it goes.
    pub to: Recipient,
    /// What receivers drop a second one by: the number of the event.
    pub id: String,
    /// The event as `CloudEvents` 1.0, structured JSON.
    pub event: Vec<u8>,
    /// The same in words: a subject and a text.
    pub words: (String, String),
}

/// Where a letter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// An address on the Web.
    Webhook {
        /// Which.
        url: String,
        /// What the call is signed with, where its client brought something of its own.
        secret: Option<String>,
    },
    /// An e-mail address.
    Email(String),
    /// A telephone number.
    Sms(String),
    /// Nobody knows any more.
    Unknown,
}

/// What became of sending a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It was not, for this reason, and is tried again.
    Failed(String),
    /// It was not, for this reason, and is tried no more.
    Parked(String),
}

/// How often a notice was tried, and since when: wall clock, microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How often.
    pub attempts: u32,
    /// Since when.
    pub first_unix_micros: i64,
    /// The last one.
    pub last_unix_micros: i64,
}

impl Tries {
    /// The same, none of them later than now: a clock that was set back meanwhile puts nothing off.
    #[must_use]
    pub fn by(self, now_unix_micros: i64) -> Self {
        Self {
            first_unix_micros: self.first_unix_micros.min(now_unix_micros),
            last_unix_micros: self.last_unix_micros.min(now_unix_micros),
            ..self
        }
    }
}

impl Outbox {
    pub(crate) fn new(table: Table, calendar: Calendar) -> Self {
        Self { table, calendar }
    }

    /// The places of notices behind `after`, or of the first, in order, at most so many.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn places(&self, after: Option<NoticeKey>, max: usize) -> Result<Vec<NoticeKey>, StoreError> {
        let from = after.map_or_else(notices, |after| notice_row(after).after());
        let mut places = Vec::new();
        self.table
            .scan((&from, &notices().end()), false, &mut |key, _: NoticeRow| {
                places.extend(notice_key(key));
                places.len() < max
            })?;
        Ok(places)
    }

    /// The letter for a notice, and how often it was tried, where it was; `None` where it is there no more.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn letter(&self, key: NoticeKey) -> Result<Option<(Letter, Option<Tries>)>, StoreError> {
        let Some(notice) = self.table.get::<NoticeRow>(&notice_row(key))? else {
            return Ok(None);
        };
        let contact: ContactRow = self.table.get(&contact_row(notice.contact))?.unwrap_or_default();
        let to = recipient(key.channel, contact);
        let number = match &to {
            Recipient::Sms(number) => Some(number.clone()),
            _ => None,
        };
        let event = CloudEvent::new(key, &notice, number, &self.calendar);
        let known = self.outcome(&notice, key)?;
        let tries = known.and_then(|known| Some((known.attempts, known.tried_unix_micros?)));
        let tries = tries.map(|(attempts, (first, last))| Tries {
            attempts,
            first_unix_micros: first,
            last_unix_micros: last,
        });
        let letter = Letter {
            key,
            delivery: notice.delivery,
            trace: DeliveryTraces(self.table.clone()).of(notice.delivery)?,
            to,
            id: key.event.to_string(),
            event: encode(&event),
            words: event.words(),
        };
        Ok(Some((letter, tries)))
    }

    /// Keeps what became of sending a letter; durable after [`Outbox::flush`].
    ///
    /// # Errors
    /// Where the store cannot be written; the notice is still there then.
    pub fn settle(&self, key: NoticeKey, outcome: &Outcome, now_unix_micros: i64) -> Result<(), StoreError> {
        let Some(notice) = self.table.get::<NoticeRow>(&notice_row(key))? else {
            return Ok(());
        };
        let before = self.outcome(&notice, key)?;
        let (state, error) = match outcome {
            Outcome::Delivered => (NoticeState::Delivered, None),
            Outcome::Failed(error) => (NoticeState::Retrying, Some(error.clone())),
            Outcome::Parked(error) => (NoticeState::Parked, Some(error.clone())),
        };
        let first = before.as_ref().and_then(|before| before.tried_unix_micros);
        let first = first.map_or(now_unix_micros, |(first, _)| first);
        let row = OutcomeRow {
            stage: notice.stage,
            channel: key.channel,
            state,
            attempts: before.as_ref().map_or(0, |before| before.attempts) + 1,
            tried_unix_micros: Some((first, now_unix_micros)),
            error,
        };
        let mut rows = self.table.rows();
        rows.put(outcome_row(notice.delivery, key), &row)?;
        if state != NoticeState::Retrying {
            rows.delete(notice_row(key));
        }
        rows.commit();
        Ok(())
    }

    /// Makes what was settled durable.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.table.flush()
    }

    fn outcome(&self, notice: &NoticeRow, key: NoticeKey) -> Result<Option<OutcomeRow>, StoreError> {
        self.table.get(&outcome_row(notice.delivery, key))
    }
}

fn recipient(channel: Channel, contact: ContactRow) -> Recipient {
    let found = match channel {
        Channel::Webhook => contact.webhook.map(|url| Recipient::Webhook {
            url,
            secret: contact.secret,
        }),
        Channel::Email => contact.email.map(Recipient::Email),
        Channel::Sms => contact.sms.map(Recipient::Sms),
    };
    found.unwrap_or(Recipient::Unknown)
}

fn encode(event: &CloudEvent) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = event.serialize(&mut serde_json::Serializer::new(&mut bytes));
    debug_assert!(written.is_ok(), "texts and numbers can be written");
    bytes
}
