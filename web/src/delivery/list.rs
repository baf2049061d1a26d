//! Pages of deliveries, newest first.

use skyhaul_actors::ids::CarrierId;
use skyhaul_actors::stage::Stage;
use skyhaul_engine::time::SimTime;

use super::index::Index;
use super::row::{By, DeliveryRow, delivery_row};
use super::shown::{DeliveriesResponse, DeliveryItem};
use crate::context::Context;
use crate::http::query::cursor_text;
use crate::ports::StoreError;
use crate::store::Table;

/// Most deliveries that are looked at for one page: some 50 ms. Where few fit, the page is short and its cursor goes on.
const LOOKED_AT_MAX: usize = 10_000;

/// How many entries of the index are read at a time, or some more.
const CHUNK: usize = 256;

/// What is asked for.
pub(super) struct Wanted {
    /// Whose.
    pub(super) owner: Option<String>,
    /// In which stage.
    pub(super) stage: Option<Stage>,
    /// By whom.
    pub(super) by: Option<By>,
    /// By which carrier.
    pub(super) carrier: Option<CarrierId>,
    /// Late, or in time.
    pub(super) is_late: Option<bool>,
    /// Which is decided as of then.
    pub(super) now: SimTime,
    /// How many.
    pub(super) limit: usize,
    /// Older than the delivery with this number.
    pub(super) before: Option<u64>,
}

impl Wanted {
    /// The shortest index that holds all that is wanted.
    fn index(&self) -> Index {
        match (&self.owner, self.stage) {
            (_, Some(stage)) if !stage.is_final() => Index::open(),
            (Some(owner), _) => Index::of(owner),
            (None, _) => Index::all(),
        }
    }

    fn fits(&self, row: &DeliveryRow) -> bool {
        self.stage.is_none_or(|stage| row.stage == stage)
            && self.owner.as_ref().is_none_or(|owner| *row.owner == **owner)
            && self.by.is_none_or(|by| row.by() == Some(by))
            && self.carrier.is_none_or(|carrier| row.carrier == Some(carrier))
            && self
                .is_late
                .is_none_or(|is_late| row.is_late(self.now) == is_late)
    }
}

/// A page of what is wanted.
pub(super) fn page(
    table: &Table,
    wanted: &Wanted,
    context: &Context,
) -> Result<DeliveriesResponse, StoreError> {
    let index = wanted.index();
    let mut before = wanted.before;
    let mut items = Vec::new();
    let mut looked_at = 0;
    loop {
        let chunk = index.older(table, before, CHUNK)?;
        let is_last = chunk.len() < CHUNK;
        for (number, id) in chunk {
            if items.len() == wanted.limit || looked_at == LOOKED_AT_MAX {
                let next_cursor = before.map(cursor_text);
                return Ok(DeliveriesResponse { items, next_cursor });
            }
            looked_at += 1;
            before = Some(number);
            let row: Option<DeliveryRow> = table.get(&delivery_row(id))?;
            if let Some(row) = row.filter(|row| wanted.fits(row)) {
                let owner = context.people.name(&row.owner)?;
                items.push(DeliveryItem::new(id, (&row, owner), wanted.now, context));
            }
        }
        if is_last {
            return Ok(DeliveriesResponse {
                items,
                next_cursor: None,
            });
        }
    }
}
