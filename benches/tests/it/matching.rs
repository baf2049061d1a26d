use skyhaul_benches::matching::{Field, Size};

#[test]
fn every_problem_is_solved_and_proved_cold_and_warm() {
    for (rows, columns, nearest) in [(60, 50, 8), (50, 60, 8), (40, 40, 40)] {
        let size = Size {
            rows,
            columns,
            nearest,
        };
        let first = Field::new(size).solve(2);
        assert!(first.cost > 0);
        assert_eq!(Field::new(size).solve(1).cost, first.cost);
    }
}
