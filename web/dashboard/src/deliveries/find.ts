import { api } from "../api/client";
import { ANY_DELIVERY } from "./filter";

/** The newest deliveries that are looked through for one whose id begins as was said: a page of the service's list, some tenths of a megabyte. */
const NEWEST = 1_000;

/** Shorter beginnings fit too many. */
const BEGINNING = /^[0-9a-f][0-9a-f-]{3,34}$/;

/** A delivery's id, or why none was found. */
export type Found = { readonly delivery: string } | { readonly said: string };

async function newestIds(): Promise<readonly string[]> {
  const { items } = await api.deliveries(ANY_DELIVERY, NEWEST, null);
  return items.map(({ id }) => id);
}

/** Finds a delivery by its id, or by how that begins: among those that are `known` here, else among the newest ones. */
export async function findDelivery(text: string, known: Iterable<string>, newest = newestIds): Promise<Found> {
  const said = text.trim().toLowerCase();
  if (!BEGINNING.test(said)) return { delivery: said };
  const begin = (ids: Iterable<string>): string[] => [...new Set(ids)].filter((id) => id.startsWith(said));
  let found = begin(known);
  try {
    if (found.length === 0) found = begin(await newest());
  } catch (problem) {
    return { said: problem instanceof Error ? problem.message : String(problem) };
  }
  const [delivery] = found;
  if (delivery === undefined) return { said: `None of the newest ${NEWEST.toLocaleString("en")} deliveries begins with ${said}.` };
  return found.length === 1 ? { delivery } : { said: `${found.length} deliveries begin with ${said}. Say more of it.` };
}
