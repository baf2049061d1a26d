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
export function stageWords(stage: string, byCarrier: boolean): string {
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

/** What is said of a parcel that was put down and waits for what its receiver must give. */
export function doorWords(confirmation: string): string {
  const wanted: Readonly<Record<string, string>> = { Picture: "picture", FingerPrint: "finger print", Voice: "voice" };
  const thing = wanted[confirmation];
  return thing === undefined ? "It is at the door" : `It is at the door; waiting for your ${thing}`;
}

/** Whether nothing more can come. */
export function isFinal(stage: string): boolean {
  return stage === "Completed" || stage === "Cancelled";
}

/** Whether it may still be cancelled: until the parcel is picked up. */
export function mayCancel(stage: string): boolean {
  return stage === "Created" || stage === "Rescheduled" || stage === "HeadedToPickup";
}

const ON_ITS_WAY = "Picked up, on its way";

const LINE: readonly (readonly [string, readonly Stage[]])[] = [
  ["Order taken", ["Created", "Rescheduled"]],
  ["On the way to pickup", ["HeadedToPickup"]],
  [ON_ITS_WAY, ["HeadedToDropoff"]],
  ["Delivered", ["Completed"]],
];

/** The steps of a delivery; `reached` says when each stage was entered last, `door` since when it waited at the door for what its receiver must give. */
export function stepsOf(stage: string, reached: ReadonlyMap<string, number>, door: number | null = null): Step[] {
  const at = (stages: readonly Stage[]): number | null => stages.map((each) => reached.get(each)).filter((time) => time !== undefined).at(-1) ?? null;
  const current = LINE.findIndex(([, stages]) => stages.includes(stage as Stage));
  if (stage === "Cancelled") {
    const before = LINE.filter(([, stages], index) => index === 0 || at(stages) !== null);
    return [...before.map(([label, stages]): Step => ({ label, state: "done", at: at(stages) })), { label: "Cancelled", state: "stopped", at: reached.get("Cancelled") ?? null }];
  }
  const waits = door !== null && stage !== "Completed";
  return LINE.flatMap(([label, stages], index): Step[] => {
    const last = index === LINE.length - 1;
    const state = index < current || (index === current && (last || waits)) ? "done" : index === current ? "current" : "todo";
    const step: Step = { label, state, at: index <= current ? at(stages) : null };
    return door !== null && label === ON_ITS_WAY ? [step, { label: "At the door", state: waits ? "current" : "done", at: door }] : [step];
  });
}
