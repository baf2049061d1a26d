use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::ahead::Ahead;
use super::*;

/// A row: its fallback, and what columns cost it.
type Row = (i64, Vec<(u32, i64)>);

fn told(prices: &[i64], rows: &[Row]) -> Matcher {
    let mut matcher = Matcher::new(prices.iter().copied());
    for (number, (fallback, edges)) in (0..).zip(rows) {
        matcher.set_row(number, *fallback, edges.iter().copied());
    }
    matcher
}

fn solved(columns: usize, rows: &[Row]) -> Matcher {
    let mut matcher = told(&vec![0; columns], rows);
    matcher.settle();
    assert_eq!(matcher.certificate(), Ok(()));
    assert_eq!(paid(&matcher, rows), Some(matcher.cost()));
    matcher
}

/// What the rows pay for what they have; `None` where one has what it may not have, or two have the same.
fn paid(matcher: &Matcher, rows: &[Row]) -> Option<i64> {
    let mut taken = std::collections::BTreeSet::new();
    let pays = |(number, (fallback, edges)): (u32, &Row)| match matcher.column(number) {
        None => Some(*fallback),
        Some(column) => {
            let (_, cost) = edges.iter().find(|(other, _)| *other == column)?;
            taken.insert(column).then_some(*cost)
        }
    };
    (0..).zip(rows).map(pays).sum()
}

/// The least cost, by trying everything: row after row, each with its fallback or a column that is still free.
fn least(rows: &[Row], taken: u32) -> i64 {
    let Some(((fallback, edges), rest)) = rows.split_first() else {
        return 0;
    };
    let free = edges.iter().filter(|(column, _)| taken & (1 << column) == 0);
    let with_column = free.map(|(column, cost)| cost + least(rest, taken | 1 << column));
    with_column
        .chain([fallback + least(rest, taken)])
        .min()
        .unwrap_or(0)
}

/// Costs of many sizes, with many that are alike.
fn cost() -> impl Strategy<Value = i64> {
    prop_oneof![0..3_i64, 0..100_i64, 0..=COST_MAX]
}

fn row(columns: u32) -> impl Strategy<Value = Row> {
    let edges = proptest::collection::btree_map(0..columns, cost(), 0..=columns as usize);
    (cost(), edges.prop_map(|edges| edges.into_iter().collect()))
}

fn rows(count: usize, columns: u32) -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(row(columns), 0..=count)
}

/// Rows that change, batch after batch: those that are replaced, those that come and those that go.
fn batches(rows: u32, row: impl Strategy<Value = Row>) -> impl Strategy<Value = Vec<Vec<(u32, Row)>>> {
    let gone = Just((0, Vec::new()));
    let changed = (0..rows, prop_oneof![4 => row, 1 => gone]);
    proptest::collection::vec(proptest::collection::vec(changed, 0..6), 1..12)
}

/// Tells a matcher of each batch, and holds what it finds against what one finds that knows nothing of earlier ones.
fn follow(columns: usize, mut rows: Vec<Row>, batches: Vec<Vec<(u32, Row)>>) -> Result<(), TestCaseError> {
    let mut matcher = solved(columns, &rows);
    for batch in batches {
        for (number, row) in batch {
            let at = number as usize;
            matcher.set_row(number, row.0, row.1.iter().copied());
            rows.resize(rows.len().max(at + 1), (0, Vec::new()));
            rows[at] = row;
        }
        matcher.settle();
        prop_assert_eq!(matcher.certificate(), Ok(()));
        prop_assert_eq!(paid(&matcher, &rows), Some(matcher.cost()));
        prop_assert_eq!(matcher.cost(), solved(columns, &rows).cost());
    }
    Ok(())
}

proptest! {
    #[test]
    fn costs_what_trying_everything_finds(rows in rows(6, 6)) {
        prop_assert_eq!(solved(6, &rows).cost(), least(&rows, 0));
    }

    #[test]
    fn rows_that_change_leave_the_cheapest_of_what_there_is_then(rows in rows(20, 16), batches in batches(24, row(16))) {
        follow(16, rows, batches)?;
    }

    #[test]
    fn columns_that_go_and_come_back_do_so_with_their_rows(rows in rows(12, 9), gone in proptest::collection::vec(0..9_u32, 1..8)) {
        let mut matcher = solved(9, &rows);
        for column in gone {
            let without = |(fallback, edges): &Row| -> Row {
                (*fallback, edges.iter().copied().filter(|(other, _)| *other != column).collect())
            };
            let fewer: Vec<Row> = rows.iter().map(without).collect();
            for rows in [&fewer, &rows] {
                for (number, (fallback, edges)) in (0..).zip(rows) {
                    matcher.set_row(number, *fallback, edges.iter().copied());
                }
                matcher.settle();
                prop_assert_eq!(matcher.certificate(), Ok(()));
                prop_assert_eq!(matcher.cost(), solved(9, rows).cost());
            }
        }
    }

    #[test]
    fn prices_of_anything_do_no_harm(rows in rows(12, 9), prices in proptest::collection::vec(-COST_MAX..=COST_MAX, 9)) {
        let mut matcher = told(&prices, &rows);
        matcher.settle();
        prop_assert_eq!(matcher.certificate(), Ok(()));
        prop_assert_eq!(matcher.cost(), solved(9, &rows).cost());
    }
}

proptest! {
    #[test]
    fn places_ahead_are_taken_nearest_first(steps in proptest::collection::vec((proptest::collection::vec(cost(), 0..4), any::<bool>()), 1..60)) {
        let (mut ahead, mut sorted) = (Ahead::default(), BinaryHeap::new());
        let mut here = 0;
        for (farther, is_taken) in steps {
            for distance in farther.into_iter().map(|by| here + by) {
                ahead.push(u32::try_from(distance % 1_000)?, distance);
                sorted.push(Reverse(distance));
            }
            if is_taken {
                let nearest = sorted.pop().map(|Reverse(distance)| distance);
                let place = ahead.pop();
                prop_assert_eq!(place.map(|place| place.distance), nearest);
                prop_assert!(place.is_none_or(|place| i64::from(place.number) == place.distance % 1_000));
                here = nearest.unwrap_or(here);
            }
        }
    }
}

/// A row with more edges than it has at hand, in no order.
fn wide_row() -> impl Strategy<Value = Row> {
    let edges = proptest::sample::subsequence((0..160).collect::<Vec<u32>>(), 97..=160).prop_shuffle();
    let edges = edges.prop_flat_map(|columns| {
        let costs = proptest::collection::vec(cost(), columns.len());
        costs.prop_map(move |costs| columns.iter().copied().zip(costs).collect())
    });
    (cost(), edges)
}

/// A row of any width.
fn any_row() -> impl Strategy<Value = Row> {
    prop_oneof![3 => wide_row(), 1 => row(160)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn wide_rows_have_what_is_cheapest_though_it_is_not_at_hand(
        rows in proptest::collection::vec(any_row(), 60..170),
        batches in batches(170, any_row()),
    ) {
        follow(160, rows, batches)?;
    }

    #[test]
    fn wide_rows_that_go_leave_what_they_had_to_who_would_rather_have_it(costs in proptest::collection::vec(0..50_i64, 110 * 100), gone in batches(110, row(0))) {
        let edges = |costs: &[i64]| (0..).zip(costs.iter().copied()).collect();
        let rows = costs.chunks(100).map(|costs| (60, edges(costs))).collect();
        follow(100, rows, gone)?;
    }
}

#[test]
fn very_wide_rows_that_all_want_the_same_have_what_is_cheapest() {
    const COLUMNS: u32 = 1_700;
    let cost = |row: u32, column: u32| {
        let noise = (row * 7_919 + column * 104_729).wrapping_mul(2_654_435_761) >> 24;
        i64::from(column * 10 + noise)
    };
    let edges = |row: u32| (0..COLUMNS).map(move |column| (column, cost(row, column)));
    let mut matcher = Matcher::new([0; COLUMNS as usize]);
    (0..400).for_each(|row| matcher.set_row(row, 1_000_000, edges(row)));
    matcher.settle();
    assert_eq!(matcher.certificate(), Ok(()));
    for batch in 0..3 {
        (0..20).for_each(|row| matcher.set_row(row * 17, 1_000_000, edges(1_000 * batch + row)));
        matcher.settle();
        assert_eq!(matcher.certificate(), Ok(()));
    }
}

#[test]
fn a_wide_row_that_finds_more_within_reach_is_no_nearer_than_it_was() {
    const ALIKE: u32 = 0;
    const WON_BACK: u32 = 1;
    let mut matcher = Matcher::new((0..200).map(|column| match column {
        ALIKE => -90,
        WON_BACK => -150,
        _ => 0,
    }));
    let wide = (0..200).map(|column| match column {
        ALIKE => (column, 10),
        WON_BACK => (column, 100),
        2 => (column, 110),
        3 | 4 => (column, 1_000),
        _ => (column, 120),
    });
    matcher.set_row(0, 210, [(WON_BACK, 200), (ALIKE, 110)]);
    matcher.set_row(1, 50, [(2, 0)]);
    matcher.set_row(2, 200, [(WON_BACK, 0)]);
    matcher.set_row(3, 60, [(4, 0)]);
    matcher.set_row(4, 10_000, [(3, 0), (4, 50)]);
    matcher.set_row(5, 10_000, wide);
    matcher.settle();
    assert_eq!((matcher.column(5), matcher.column(0)), (Some(ALIKE), None));
    // What row 2 had rises to where rows 0 and 5 would as well have it as what they have; row 5 has it not at hand.
    matcher.set_row(2, 0, []);
    matcher.settle();
    assert_eq!(matcher.column(0), Some(WON_BACK));
    // Who comes to row 5 now finds it there, and from its owner a way back that is no shorter.
    matcher.set_row(6, 10_000, [(ALIKE, 5), (3, 55)]);
    matcher.settle();
    assert_eq!(matcher.certificate(), Ok(()));
    assert_eq!(
        (matcher.column(6), matcher.column(5)),
        (Some(ALIKE), Some(WON_BACK))
    );
}

#[test]
fn rows_without_columns_and_columns_without_rows_are_left_alone() {
    assert_eq!(solved(0, &[]).cost(), 0);
    let nothing = solved(0, &[(7, vec![]), (5, vec![])]);
    assert_eq!((nothing.cost(), nothing.column(0)), (12, None));
    let one = solved(3, &[(7, vec![(2, 1)])]);
    assert_eq!((one.cost(), one.column(0)), (1, Some(2)));
}

#[test]
fn where_all_costs_are_alike_as_many_rows_as_can_have_a_column() {
    for columns in [40, 140] {
        let all: Vec<(u32, i64)> = (0..columns).map(|column| (column, 5)).collect();
        let count = columns + 20;
        let rows: Vec<Row> = (0..count).map(|_| (9, all.clone())).collect();
        let matching = solved(columns as usize, &rows);
        assert_eq!(matching.cost(), i64::from(columns) * 5 + 20 * 9);
        let served = (0..count).filter(|row| matching.column(*row).is_some());
        assert_eq!(served.count(), columns as usize);
    }
}

#[test]
fn the_greatest_costs_do_not_overflow() {
    let all: Vec<(u32, i64)> = (0..200).map(|column| (column, COST_MAX)).collect();
    let rows: Vec<Row> = (0..300).map(|_| (COST_MAX, all.clone())).collect();
    let mut matching = solved(200, &rows);
    assert_eq!(matching.cost(), 300 * COST_MAX);
    for row in 0..250 {
        matching.set_row(row, COST_MAX, [(row % 200, 0)]);
        matching.settle();
    }
    assert_eq!(matching.certificate(), Ok(()));
    assert_eq!(matching.cost(), 100 * COST_MAX);
}

#[test]
fn a_matcher_that_is_told_of_changes_for_long_does_not_grow() {
    let row = |shift: u32| (0..30).map(move |n| ((n * 7 + shift) % 50, i64::from(n * shift % 11)));
    let mut matcher = Matcher::new([0; 50]);
    for round in 0..2_000 {
        matcher.set_row(round % 40, 1_000, row(round));
        matcher.settle();
    }
    assert_eq!(matcher.certificate(), Ok(()));
    assert!(matcher.market.table.edges_kept() < 5_000);
}

#[test]
fn a_matching_that_is_not_the_cheapest_has_no_certificate() {
    let rows = [(9, vec![(0, 1), (1, 2)]), (9, vec![(0, 1), (1, 5)])];
    let good = solved(2, &rows);
    assert_eq!((good.column(0), good.column(1)), (Some(1), Some(0)));
    let crossed = {
        let mut matcher = good.clone();
        (0..2).for_each(|row| matcher.market.table.row_mut(row).column = row);
        matcher.market.owners = vec![0, 1];
        matcher
    };
    assert!(matches!(crossed.certificate(), Err(Broken::Row(_))));
    let shared = {
        let mut matcher = good.clone();
        matcher.market.table.row_mut(1).column = 1;
        matcher
    };
    assert!(shared.certificate().is_err());
    let dear = {
        let mut matcher = good;
        matcher.market.prices = vec![1, 0];
        matcher
    };
    assert_eq!(dear.certificate(), Err(Broken::Row(0)));
}
