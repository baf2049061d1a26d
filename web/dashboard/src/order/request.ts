import type { DeliveryRequest } from "../api/model";

/** What the form holds, as typed. */
export interface OrderFields {
  readonly pickup: string;
  readonly dropoff: string;
  readonly weight: string;
  readonly size: string;
  readonly expedited: boolean;
  readonly owner: string;
  readonly label: string;
  readonly confirmation: string;
  readonly pickupAt: string;
  readonly deadline: string;
}

/** A field's name in the form. */
export type FieldName = keyof OrderFields;

/** Reasons by field; the form's own, or the service's. */
export type FieldProblems = Partial<Record<FieldName, string>>;

/** What can be said without asking the service; it still has the last word. */
export function problemsIn(fields: OrderFields): FieldProblems {
  const problems: FieldProblems = {};
  if (fields.pickup.trim() === "") problems.pickup = "Say where the parcel is.";
  if (fields.dropoff.trim() === "") problems.dropoff = "Say where it goes.";
  if (fields.pickup.trim() !== "" && fields.pickup.trim() === fields.dropoff.trim()) problems.dropoff = "This is where the parcel is already.";
  const weight = Number(fields.weight.replace(",", "."));
  if (fields.weight.trim() === "" || !Number.isFinite(weight) || weight < 0) problems.weight = "Give the weight in kilograms, such as 0.8.";
  if (fields.owner.trim() === "") problems.owner = "Say on whose account.";
  if (fields.deadline !== "" && fields.pickupAt !== "" && Date.parse(fields.deadline) <= Date.parse(fields.pickupAt)) problems.deadline = "This is before the pickup.";
  return problems;
}

/** A local date and time as RFC 3339, or nothing. */
function instant(local: string): string | null {
  const time = Date.parse(local);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** The body of the request. */
export function requestOf(fields: OrderFields): DeliveryRequest {
  return {
    ownerId: fields.owner.trim(),
    pickupLocation: fields.pickup.trim(),
    dropOffLocation: fields.dropoff.trim(),
    pickupTime: instant(fields.pickupAt),
    deadline: instant(fields.deadline) ?? "",
    expedited: fields.expedited,
    confirmationRequired: fields.confirmation,
    packageInfo: { packageId: fields.label.trim(), size: fields.size, weight: Number(fields.weight.replace(",", ".")), tag: "" },
  };
}

const WIRE_NAMES: readonly (readonly [string, FieldName])[] = [
  ["pickuplocation", "pickup"],
  ["dropofflocation", "dropoff"],
  ["packageinfo.weight", "weight"],
  ["weight", "weight"],
  ["packageinfo.size", "size"],
  ["size", "size"],
  ["ownerid", "owner"],
  ["packageinfo.packageid", "label"],
  ["packageid", "label"],
  ["confirmationrequired", "confirmation"],
  ["pickuptime", "pickupAt"],
  ["deadline", "deadline"],
];

/** The service's reasons by the form's fields, and those that belong to none. */
export function problemsFrom(errors: Readonly<Record<string, readonly string[]>>): { fields: FieldProblems; others: string[] } {
  const fields: FieldProblems = {};
  const others: string[] = [];
  for (const [wire, reasons] of Object.entries(errors)) {
    const name = WIRE_NAMES.find(([known]) => known === wire.toLowerCase())?.[1];
    if (name) fields[name] = sentence(reasons.join("; "));
    else others.push(`${wire}: ${reasons.join("; ")}`);
  }
  return { fields, others };
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
