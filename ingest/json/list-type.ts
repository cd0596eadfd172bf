import { KIND, type JsonTape } from "./json-tape.ts";
import { numberText } from "./json-text.ts";

/** What the elements of a list are to ClickHouse; scalars are nullable there. */
export type ListType =
  | { readonly of: "string" | "bool" | "integer" | "unsigned" | "double" | "dynamic" }
  | { readonly of: "object"; readonly nullable: boolean }
  | { readonly of: "list"; readonly elements: ListType };

/** Digits that a double holds, whatever they are. */
const EXACT_DIGITS = 15;
const GREATEST_SIGNED = 9_223_372_036_854_775_807n;
const DYNAMIC: ListType = { of: "dynamic" };

/**
 * The one type of all elements of some lists, as ClickHouse (26.7) finds it in text, where that keeps every element as it was sent; else `dynamic`, each element with a type of its own.
 * ClickHouse's own reading turns `[true, 1]` into `[1, 1]`, `[true, "x"]` into `["true", "x"]` and `[[1], null]` into `[[1], []]`. Empty lists are lists of strings.
 */
export function listTypeOf(tape: JsonTape, lists: readonly number[]): ListType {
  const found = new Set<number>();
  let isExact = true;
  let hasUnsigned = false;
  let hasNegative = false;
  const inner: number[] = [];
  for (const list of lists) {
    for (let place = list + 1; place < tape.next(list); place = tape.next(place)) {
      const kind = tape.kind(place);
      found.add(kind === KIND.false ? KIND.true : kind);
      if (kind === KIND.array) inner.push(place);
      if (kind !== KIND.integer) continue;
      const digits = tape.end(place) - tape.start(place);
      if (digits > EXACT_DIGITS) isExact = false;
      if (digits > 18 && BigInt(numberText(tape, place)) > GREATEST_SIGNED) hasUnsigned = true;
      if (tape.bytes[tape.start(place)] === 0x2d) hasNegative = true;
    }
  }
  const hasNull = found.delete(KIND.null);
  const [kind = KIND.string, other] = [...found].sort((a, b) => a - b);
  if (kind === KIND.integer && other === KIND.double && found.size === 2) return isExact ? { of: "double" } : DYNAMIC;
  if (other !== undefined) return DYNAMIC;
  if (kind === KIND.string) return { of: "string" };
  if (kind === KIND.true) return { of: "bool" };
  if (kind === KIND.double) return { of: "double" };
  if (kind === KIND.object) return { of: "object", nullable: hasNull };
  if (kind === KIND.array) return hasNull ? DYNAMIC : { of: "list", elements: listTypeOf(tape, inner) };
  return hasUnsigned ? (hasNegative ? DYNAMIC : { of: "unsigned" }) : { of: "integer" };
}
