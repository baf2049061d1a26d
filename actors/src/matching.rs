//! Matching: each row gets a column, or its private fallback, such that all together cost least, and stays so from one change of rows to the next.
//!
//! Shortest augmenting paths (Jonker and Volgenant 1987): rows first bid for columns, each displacing whom it outbids (augmenting row
//! reduction); the few that are left find the cheapest chain of exchanges that ends at a free column or at the fallback of a row on the way. A
//! [`Matcher`] keeps rows, prices and who has what: once some rows have changed, only those bid and search again, and columns that lost their
//! row are offered to others the same way backwards. So what an answer costs follows from what changed. Costs are whole numbers, so the optimum
//! is exact and the same on every host.

use self::search::Search;
use self::table::{NUMBERS_MAX, Table};

mod ahead;
mod by_column;
mod labels;
mod search;
mod table;
mod wide;

/// The greatest cost of an edge or a fallback: sums of a million of them do not overflow.
pub const COST_MAX: i64 = 1 << 42;

/// The dual of a row that has nothing yet, not even its fallback.
const OUT: i64 = i64::MIN;

/// No row, or no column.
const NONE: u32 = u32::MAX;

/// How often each row that has nothing bids: what is left then is found faster by searching.
const BID_ROUNDS: usize = 2;

/// Bids a round, for each row that begins it.
const BIDS_OF_A_ROW: usize = 6;

/// A row's or a column's number.
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2³¹ rows and columns")
}

/// Rows, columns, and the cheapest matching of them.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    market: Market,
    /// Rows that have nothing yet.
    left: Vec<u32>,
    /// Columns that may have a price and no row.
    lost: Vec<u32>,
    search: Search,
}

/// Who wants what, and who has it.
#[derive(Clone, Debug, Default)]
struct Market {
    table: Table,
    /// What each column is worth, at most zero.
    prices: Vec<i64>,
    /// The row that has each column.
    owners: Vec<u32>,
}

/// What is wrong with a matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A row would rather have something else.
    Row(usize),
    /// A column has a price though no row has it, or is not its owner's.
    Column(usize),
}

/// A row's best offer: what it costs, and what the next best would. There is always the fallback, so where the best is a column there is a next.
struct Offer {
    best: i64,
    second: i64,
    /// `NONE`: its fallback.
    column: u32,
}

impl Matcher {
    /// One without rows, and with a column for each of these prices: what they were worth in an earlier matching, zero where that is not known. They
    /// change how long the first answer takes, and not what it costs.
    #[must_use]
    pub fn new(prices: impl IntoIterator<Item = i64>) -> Self {
        let prices: Vec<i64> = prices.into_iter().map(|price| price.min(0)).collect();
        assert!(prices.len() <= NUMBERS_MAX, "at most {NUMBERS_MAX} columns");
        let columns = number(prices.len());
        Self {
            lost: (0..columns)
                .filter(|column| prices[*column as usize] < 0)
                .collect(),
            market: Market {
                table: Table::default(),
                owners: vec![NONE; prices.len()],
                prices,
            },
            ..Self::default()
        }
    }

    /// Adds a row, or puts another in its place: what it costs to leave it without a column, and what each of its columns costs, each at most
    /// once, from 0 to [`COST_MAX`]. One without columns whose fallback costs nothing is as good as none.
    pub fn set_row(&mut self, row: u32, fallback: i64, edges: impl IntoIterator<Item = (u32, i64)>) {
        let Market { table, owners, .. } = &mut self.market;
        let had = table.set(row, fallback, edges);
        if had.column != NONE {
            owners[had.column as usize] = NONE;
            self.lost.push(had.column);
        }
        if had.dual != OUT {
            self.left.push(row);
        }
    }

    /// Finds the cheapest matching of the rows as they are now.
    pub fn settle(&mut self) {
        self.bid();
        self.search.take_in_all(&mut self.left, &mut self.market);
        let Market {
            table,
            prices,
            owners,
        } = &mut self.market;
        self.lost
            .retain(|column| owners[*column as usize] == NONE && prices[*column as usize] < 0);
        if !self.lost.is_empty() {
            table.turn_round(prices.len());
        }
        self.search.give_back_all(&mut self.lost, &mut self.market);
    }

    /// The row's column; `None` where it has its fallback.
    #[must_use]
    pub fn column(&self, row: u32) -> Option<u32> {
        Some(self.market.table.row(row).column).filter(|column| *column != NONE)
    }

    /// What each column is worth to those who do not have it, at most zero.
    #[must_use]
    pub fn prices(&self) -> &[i64] {
        &self.market.prices
    }

    /// What all rows cost together.
    #[must_use]
    pub fn cost(&self) -> i64 {
        self.market.table.duals.iter().sum::<i64>() + self.market.prices.iter().sum::<i64>()
    }

    /// Proves that nothing is cheaper: no row finds a column or its fallback below its dual, and what it has costs just that; no column that nobody
    /// has is worth anything.
    ///
    /// # Errors
    /// The first row or column that disproves it.
    pub fn certificate(&self) -> Result<(), Broken> {
        let Market {
            table,
            prices,
            owners,
        } = &self.market;
        for (number, row) in table.rows() {
            let mut paid = (row.column == NONE).then_some(row.fallback);
            let dual = table.duals[number as usize];
            let mut is_beaten = row.fallback < dual;
            for edge in table.all_edges(number) {
                let reduced = edge.reduced(prices);
                is_beaten |= reduced < dual;
                if row.column == edge.to() {
                    paid = Some(reduced);
                }
            }
            let is_owner = row.column == NONE || owners[row.column as usize] == number;
            if is_beaten || paid != Some(dual) || !is_owner {
                return Err(Broken::Row(number as usize));
            }
        }
        let is_wrong = |column: &usize| {
            let (price, owner) = (prices[*column], owners[*column]);
            let is_free = owner == NONE;
            price > 0 || price < 0 && is_free || !is_free && table.row(owner).column as usize != *column
        };
        (0..prices.len())
            .find(is_wrong)
            .map_or(Ok(()), |column| Err(Broken::Column(column)))
    }

    /// Rows bid for their best column just so much that they would as well have the next best, and displace who had it; who is displaced bids
    /// next, as long as that is worth its while.
    fn bid(&mut self) {
        for _ in 0..BID_ROUNDS {
            let mut bidders = std::mem::take(&mut self.left);
            let mut bids_left = bidders.len() * BIDS_OF_A_ROW;
            while let Some(row) = bidders.pop() {
                let offer = self.market.offer(row);
                if !self.market.is_worth_bidding(&offer) {
                    self.left.push(row);
                    continue;
                }
                let displaced = self.market.accept(row, &offer);
                if displaced != NONE {
                    let goes_on = bids_left > 0;
                    bids_left = bids_left.saturating_sub(1);
                    let next = if goes_on { &mut bidders } else { &mut self.left };
                    next.push(displaced);
                }
            }
        }
    }
}

impl Market {
    /// The best that a row finds at these prices.
    fn offer(&mut self, row: u32) -> Offer {
        loop {
            let offer = self.offer_nearby(row);
            if self.table.beyond(row) >= offer.second.min(self.table.row(row).fallback) {
                return offer;
            }
            self.table.look_again(row, &self.prices);
        }
    }

    fn offer_nearby(&self, row: u32) -> Offer {
        let is_sorted = self.table.row(row).is_sorted();
        let mut offer = Offer {
            best: self.table.row(row).fallback,
            second: i64::MAX,
            column: NONE,
        };
        for edge in self.table.edges(row) {
            if edge.cost() >= offer.second && is_sorted {
                break;
            }
            let reduced = edge.reduced(&self.prices);
            if reduced < offer.best {
                (offer.second, offer.best, offer.column) = (offer.best, reduced, edge.to());
            } else {
                offer.second = offer.second.min(reduced);
            }
        }
        offer
    }

    /// Whether a row gains by a bid. Where it would be as well off with the next best as with what another has, it is left to the search, which
    /// does not go round in circles.
    fn is_worth_bidding(&self, offer: &Offer) -> bool {
        offer.column == NONE || offer.second > offer.best || self.owners[offer.column as usize] == NONE
    }

    /// Gives a row what it bid for; who had that.
    fn accept(&mut self, row: u32, offer: &Offer) -> u32 {
        if offer.column == NONE {
            self.table.duals[row as usize] = offer.best;
            return NONE;
        }
        let column = offer.column as usize;
        self.prices[column] -= offer.second - offer.best;
        self.table.duals[row as usize] = offer.second;
        self.table.row_mut(row).column = offer.column;
        let had = std::mem::replace(&mut self.owners[column], row);
        if had != NONE {
            self.table.duals[had as usize] = OUT;
            self.table.row_mut(had).column = NONE;
        }
        had
    }
}

#[cfg(test)]
mod tests;
