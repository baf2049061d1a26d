import type { Stage } from "../api/model";

/** How a step of the list stands. */
export type StepState = "done" | "current" | "todo" | "stopped";

/** A line of the step list. */
export interface Step {
  readonly label: string;
  readonly state: StepState;
  /** Virtual ms at which it was reached. */
  readonly at: number | null;
}

/** What a person is told of a stage. */
export function stageWords(stage: string, byCarrier = false): string {
  const who = byCarrier ? "A courier" : "A drone";
  switch (stage) {
    case "Created":
      return "Looking for a drone";
    case "Rescheduled":
      return "Changed; looking for a drone";
    case "HeadedToPickup":
      return `${who} is on the way to the parcel`;
    case "HeadedToDropoff":
      return "Your parcel is on its way";
    case "Completed":
      return "Delivered";
    case "Cancelled":
      return "Cancelled";
    default:
      return stage;
  }
}

/** Whether nothing more can come. */
export function isFinal(stage: string): boolean {
  return stage === "Completed" || stage === "Cancelled";
}

/** Whether it may still be cancelled: until the parcel is picked up. */
export function mayCancel(stage: string): boolean {
  return stage === "Created" || stage === "Rescheduled" || stage === "HeadedToPickup";
}

const LINE: readonly (readonly [string, readonly Stage[]])[] = [
  ["Order taken", ["Created", "Rescheduled"]],
  ["On the way to pickup", ["HeadedToPickup"]],
  ["Picked up, on its way", ["HeadedToDropoff"]],
  ["Delivered", ["Completed"]],
];

/** The steps of a delivery; `reached` says when each stage was entered last. */
export function stepsOf(stage: string, reached: ReadonlyMap<string, number>): Step[] {
  const at = (stages: readonly Stage[]): number | null => stages.map((each) => reached.get(each)).filter((time) => time !== undefined).at(-1) ?? null;
  const current = LINE.findIndex(([, stages]) => stages.includes(stage as Stage));
  if (stage === "Cancelled") {
    const before = LINE.filter(([, stages], index) => index === 0 || at(stages) !== null);
    return [...before.map(([label, stages]): Step => ({ label, state: "done", at: at(stages) })), { label: "Cancelled", state: "stopped", at: reached.get("Cancelled") ?? null }];
  }
  return LINE.map(([label, stages], index) => {
    const last = index === LINE.length - 1;
    const state = index < current || (index === current && last) ? "done" : index === current ? "current" : "todo";
    return { label, state, at: index <= current ? at(stages) : null };
  });
}
