use proptest::prelude::*;

use super::*;

/// A row: its fallback, and what columns cost it.
type Row = (i64, Vec<(u32, i64)>);

fn problem(columns: usize, rows: &[Row], hints: &[Option<u32>]) -> Problem {
    let mut problem = Problem::new(columns);
    for (row, (fallback, edges)) in rows.iter().enumerate() {
        problem.add_row(*fallback, edges.iter().copied());
        problem.hint(hints.get(row).copied().flatten());
    }
    problem
}

fn solved(columns: usize, rows: &[Row]) -> Matching {
    let problem = problem(columns, rows, &[]);
    let mut prices = Prices::default();
    let matching = Solver::default().solve(&problem, &mut prices);
    assert_eq!(matching.certificate(&problem, &prices), Ok(()));
    matching
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

fn rows(count: usize, columns: u32) -> impl Strategy<Value = Vec<Row>> {
    let edges = proptest::collection::btree_map(0..columns, cost(), 0..=columns as usize);
    let row = (cost(), edges.prop_map(|edges| edges.into_iter().collect()));
    proptest::collection::vec(row, 0..=count)
}

proptest! {
    #[test]
    fn costs_what_trying_everything_finds(rows in rows(6, 6)) {
        prop_assert_eq!(solved(6, &rows).cost(), least(&rows, 0));
    }

    #[test]
    fn an_earlier_solution_changes_the_time_and_not_the_cost(before in rows(20, 16), after in rows(20, 16), kept in 0..20_usize) {
        let mut solver = Solver::default();
        let mut prices = Prices::default();
        let first = problem(16, &before, &[]);
        let earlier = solver.solve(&first, &mut prices);
        prop_assert_eq!(earlier.certificate(&first, &prices), Ok(()));
        let kept = kept.min(before.len());
        let rows: Vec<Row> = before[..kept].iter().chain(&after).cloned().collect();
        let hints: Vec<_> = (0..kept).map(|row| earlier.column(row)).collect();
        let second = problem(16, &rows, &hints);
        let warm = solver.solve(&second, &mut prices);
        prop_assert_eq!(warm.certificate(&second, &prices), Ok(()));
        prop_assert_eq!(warm.cost(), solved(16, &rows).cost());
    }

    #[test]
    fn prices_of_anything_do_no_harm(rows in rows(12, 9), prices in proptest::collection::vec(-COST_MAX..=COST_MAX, 0..12), hints in proptest::collection::vec(proptest::option::of(0..12_u32), 12)) {
        let problem = problem(9, &rows, &hints);
        let mut prices = Prices::from_columns(prices);
        let matching = Solver::default().solve(&problem, &mut prices);
        prop_assert_eq!(matching.certificate(&problem, &prices), Ok(()));
        prop_assert_eq!(matching.cost(), solved(9, &rows).cost());
    }
}

/// More edges a row than a core begins with.
fn wide_rows() -> impl Strategy<Value = Vec<Row>> {
    let costs = proptest::collection::vec(cost(), 150);
    let row = (cost(), costs.prop_map(|costs| (0..).zip(costs).collect()));
    proptest::collection::vec(row, 100..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_wide_problem_is_solved_by_its_core(rows in wide_rows(), other in wide_rows()) {
        let wide = problem(150, &rows, &[]);
        prop_assert!(wide.is_wide());
        let mut solver = Solver::default();
        let mut prices = Prices::default();
        let cold = solver.solve(&wide, &mut prices);
        prop_assert_eq!(cold.certificate(&wide, &prices), Ok(()));
        let mut from_whole = Prices::from_columns([0; 150]);
        prop_assert_eq!(Solver::default().solve_whole(&wide, &mut from_whole).cost(), cold.cost());
        let hints: Vec<_> = (0..rows.len()).map(|row| cold.column(row)).collect();
        let changed = problem(150, &[&other[..10], &rows[10..]].concat(), &hints);
        let warm = solver.solve(&changed, &mut prices);
        prop_assert_eq!(warm.certificate(&changed, &prices), Ok(()));
    }
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
    let all: Vec<(u32, i64)> = (0..40).map(|column| (column, 5)).collect();
    let rows: Vec<Row> = (0..60).map(|_| (9, all.clone())).collect();
    let matching = solved(40, &rows);
    assert_eq!(matching.cost(), 40 * 5 + 20 * 9);
    assert_eq!((0..60).filter(|row| matching.column(*row).is_some()).count(), 40);
}

#[test]
fn the_greatest_costs_do_not_overflow() {
    let all: Vec<(u32, i64)> = (0..200).map(|column| (column, COST_MAX)).collect();
    let rows: Vec<Row> = (0..300).map(|_| (COST_MAX, all.clone())).collect();
    assert_eq!(solved(200, &rows).cost(), 300 * COST_MAX);
}

#[test]
fn a_matching_that_is_not_the_cheapest_has_no_certificate() {
    let rows = [(9, vec![(0, 1), (1, 2)]), (9, vec![(0, 1), (1, 5)])];
    let problem = problem(2, &rows, &[]);
    let mut prices = Prices::default();
    let good = Solver::default().solve(&problem, &mut prices);
    assert_eq!((good.column(0), good.column(1)), (Some(1), Some(0)));
    let crossed = Matching {
        columns: vec![0, 1],
        ..good.clone()
    };
    assert!(matches!(
        crossed.certificate(&problem, &prices),
        Err(Broken::Row(_))
    ));
    let shared = Matching {
        columns: vec![1, 1],
        duals: vec![2, 5],
        ..good.clone()
    };
    assert!(
        shared
            .certificate(&problem, &Prices::from_columns([0, 0]))
            .is_err()
    );
    assert_eq!(
        good.certificate(&problem, &Prices::from_columns([1, 0])),
        Err(Broken::Row(0))
    );
}
