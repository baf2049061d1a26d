/** Which deliveries are listed. */
export interface DeliveryFilter {
  /** A stage's name in the HTTP contract. */
  readonly stage: string | null;
  /** `drone` or `carrier`. */
  readonly by: string | null;
  /** Only those that the carrier of this name has, or had last. */
  readonly carrier: string | null;
  /** Only those that arrive, or arrived, after their deadline. */
  readonly late: boolean;
}

/** Nothing is left out. */
export const ANY_DELIVERY: DeliveryFilter = { stage: null, by: null, carrier: null, late: false };

/** The query that the service is asked by; `cursor` is where a page ended. */
export function listQuery({ stage, by, carrier, late }: DeliveryFilter, limit: number, cursor: string | null = null): string {
  const fields = new URLSearchParams({ limit: String(limit) });
  if (stage !== null) fields.set("stage", stage);
  if (by !== null) fields.set("by", by);
  if (carrier !== null) fields.set("carrier", carrier);
  if (late) fields.set("late", "true");
  if (cursor !== null) fields.set("cursor", cursor);
  return fields.toString();
}
