import { beforeEach, describe, expect, it } from "vitest";
import { binaryOf, type CellFrame, type ViewFrame } from "../src/telemetry/binary";
import { Cells } from "../src/telemetry/cells";
import type { FleetChange } from "../src/telemetry/frame";
import { cellOf, viewOf, type Told } from "./golden";

const [WEST, EAST] = [[2, 1], [2, 2]] as const;

let cells: Cells;

beforeEach(() => (cells = new Cells()));

/** What a view with these cells changes, by drones. */
function take(told: readonly Told[], view: Parameters<typeof viewOf>[1] = {}): { flights: string[]; positions: string[]; removed: string[] } {
  const change: FleetChange = cells.take(binaryOf(viewOf(1, view)) as ViewFrame, told.map((each) => binaryOf(cellOf(each)) as CellFrame));
  return { flights: change.flights.map(({ drone }) => drone), positions: change.positions.map(({ drone }) => drone), removed: [...change.removed] };
}

describe("the cells of a subscription", () => {
  it("show a flight once, however many tiles it crosses, until it is in none", () => {
    const both: Told[] = [{ cell: WEST, whole: true, legs: [[1, 0]] }, { cell: EAST, whole: true, legs: [[1, 0]], fixes: [2] }];
    expect(take(both, { whole: true })).toEqual({ flights: ["drone-1"], positions: ["drone-2"], removed: [] });
    expect(take([], { left: [WEST] })).toEqual({ flights: [], positions: [], removed: [] });
    expect(take([], { left: [EAST] })).toEqual({ flights: [], positions: [], removed: ["drone-1", "drone-2"] });
  });

  it("let a drone land in one tile when another lets it go, in either order", () => {
    for (const landsFirst of [true, false]) {
      cells = new Cells();
      take([{ cell: WEST, whole: true, legs: [[1, 0]] }, { cell: EAST, whole: true, legs: [[1, 0]] }], { whole: true });
      const news: Told[] = [{ cell: WEST, gone: [1] }, { cell: EAST, gone: [1], fixes: [1] }];
      expect(take(landsFirst ? news.reverse() : news)).toEqual({ flights: [], positions: ["drone-1"], removed: ["drone-1"] });
    }
  });

  it("take the next leg for the last one, and say nothing of one that is told again", () => {
    take([{ cell: WEST, whole: true, legs: [[1, 0]] }], { whole: true });
    expect(take([{ cell: EAST, whole: true, legs: [[1, 0]] }])).toEqual({ flights: [], positions: [], removed: [] });
    expect(take([{ cell: WEST, gone: [1] }, { cell: EAST, legs: [[1, 60]] }])).toEqual({ flights: ["drone-1"], positions: [], removed: [] });
  });

  it("drop all that fly where a change says so, also a drone that landed in another tile meanwhile", () => {
    take([{ cell: WEST, whole: true, legs: [[1, 0], [2, 0]], fixes: [3] }], { whole: true });
    expect(take([{ cell: EAST, whole: true, fixes: [1] }, { cell: WEST, dropsFlying: true, legs: [[2, 0]] }])).toEqual({ flights: ["drone-2"], positions: ["drone-1"], removed: ["drone-1"] });
    expect(take([], { left: [EAST] }).removed).toEqual(["drone-1"]);
  });

  it("forget all where a picture is whole, and a tile's own where its table is", () => {
    take([{ cell: WEST, whole: true, fixes: [1, 2] }], { whole: true });
    expect(take([{ cell: WEST, whole: true, fixes: [2, 3] }]).removed).toEqual(["drone-1"]);
    expect(take([{ cell: EAST, whole: true, fixes: [4] }], { whole: true })).toEqual({ flights: [], positions: ["drone-4"], removed: [] });
    expect(take([], { left: [WEST] })).toEqual({ flights: [], positions: [], removed: [] });
  });
});
