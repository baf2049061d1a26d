"""The same assignment problems on what Python offers: scipy's sparse and dense solvers, and lapjv. Usage: matching.py FOLDER [SLICES]

FOLDER holds problems that `cargo run --release -p skyhaul-benches --bin matching -- --write FOLDER` wrote.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

FALLBACK = 300_000


def medians(slices, solve):
    took = []
    for _ in range(slices):
        begun = time.process_time()
        cost = solve()
        took.append((time.process_time() - begun) * 1e3)
    return f"{min(took):9.1f} / {statistics.median(took):.1f}   cost {round(cost)}"


def dense(costs):
    rows, columns = linear_sum_assignment(costs)
    return costs[rows, columns].sum()


def dense_lapjv(costs):
    import lapjv

    rows, _, _ = lapjv.lapjv(costs)
    return costs[numpy.arange(len(costs)), rows].sum()


def sparse(edges, rows, columns):
    # A column of its own for each row is its fallback; a cost of nothing would be no edge, so each costs one more.
    own = numpy.arange(rows)
    row = numpy.concatenate([edges[:, 0], own])
    column = numpy.concatenate([edges[:, 1], columns + own])
    cost = numpy.concatenate([edges[:, 2], numpy.full(rows, FALLBACK)]) + 1
    graph = csr_matrix((cost.astype(float), (row, column)), shape=(rows, columns + rows))
    taken, given = min_weight_full_bipartite_matching(graph)
    return graph[taken, given].sum() - rows


def main():
    folder = Path(sys.argv[1])
    slices = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for path in sorted(folder.glob("*.edges")):
        size, nearest = path.stem.split("-")
        rows, columns = map(int, size.split("x"))
        edges = numpy.fromfile(path, dtype="<i8").reshape(-1, 3)
        print(f"{rows} x {columns}, {nearest} edges a row, ms")
        if int(nearest) < columns:
            print("  scipy sparse  ", medians(slices, lambda: sparse(edges, rows, columns)))
        else:
            costs = edges[:, 2].reshape(rows, columns).astype(float)
            print("  scipy dense   ", medians(slices, lambda: dense(costs)))
            print("  lapjv (PyPI)  ", medians(slices, lambda: dense_lapjv(costs)))


main()
