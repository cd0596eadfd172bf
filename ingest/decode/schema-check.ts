import type { z } from "zod";
import { KIND, type JsonTape } from "../json/json-tape.ts";
import { isPlain } from "../json/json-text.ts";
import { oncePerLayout } from "../json/layouts.ts";
import { numberValue } from "../json/number-value.ts";

/** Whether a value on a tape surely fits a schema; false says that only the schema itself can tell. */
export type SchemaCheck = (tape: JsonTape, place: number) => boolean;

const NON_ASCII = 0x80;

/**
 * Makes a check of a zod schema that reads values from the tape, without the objects that zod needs: for four fields 0.15 µs instead of 2 µs (`JSON.parse` and `safeParse`). It knows objects of texts,
 * numbers, booleans and literals with bounds, optional or null. Where the schema holds anything else, or a value is at all unusual, zod decides: a check that says yes is never wrong, and
 * one that says no costs time only.
 * @returns undefined if the schema holds what the check cannot read
 */
export function schemaCheck(schema: z.core.$ZodType): SchemaCheck | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case "object":
      return objectCheck(def as z.core.$ZodObjectDef);
    case "string":
      return stringCheck(schema);
    case "number":
      return numberCheck(schema);
    case "boolean":
      return hasChecks(def) ? undefined : (tape, place) => isBoolean(tape.kind(place));
    case "enum":
      return hasChecks(def) ? undefined : oneOf(Object.values((def as z.core.$ZodEnumDef).entries));
    case "literal":
      return hasChecks(def) ? undefined : oneOf((def as z.core.$ZodLiteralDef<z.core.util.Literal>).values);
    case "optional":
      return hasChecks(def) ? undefined : schemaCheck((def as z.core.$ZodOptionalDef).innerType);
    case "nullable": {
      const inner = hasChecks(def) ? undefined : schemaCheck((def as z.core.$ZodNullableDef).innerType);
      return inner && ((tape, place) => tape.kind(place) === KIND.null || inner(tape, place));
    }
    default:
      return undefined;
  }
}

interface MemberCheck {
  readonly name: Uint8Array;
  readonly isOptional: boolean;
  readonly check: SchemaCheck;
}

/** An object with every member that must be there, each fitting. Members that the schema does not name are left alone, as zod does where the schema is not strict. */
function objectCheck(def: z.core.$ZodObjectDef): SchemaCheck | undefined {
  if (hasChecks(def) || def.catchall !== undefined) return undefined;
  const members: MemberCheck[] = [];
  for (const [name, member] of Object.entries(def.shape)) {
    const check = schemaCheck(member);
    if (!check || name === "__proto__") return undefined;
    members.push({ name: Buffer.from(name), isOptional: member._zod.def.type === "optional", check });
  }
  const placesOf = oncePerLayout((tape, object) => Int32Array.from(members, ({ name }) => placeOf(tape, object, name)));
  return (tape, object) => {
    if (tape.kind(object) !== KIND.object || tape.hasEscapes) return false;
    const places = placesOf(tape, object);
    for (let index = 0; index < places.length; index += 1) if (!fits(tape, places[index] ?? -1, members[index])) return false;
    return true;
  };
}

function fits(tape: JsonTape, place: number, member: MemberCheck | undefined): boolean {
  return place < 0 ? member?.isOptional === true : member?.check(tape, place) === true;
}

/** Where a member's value stands; -1 if the object has no such member. */
function placeOf(tape: JsonTape, object: number, name: Uint8Array): number {
  const end = tape.next(object);
  for (let place = object + 1; place < end; place = tape.next(place)) {
    if (isBetween(tape, tape.keyStart(place), tape.keyEnd(place), name)) return place;
  }
  return -1;
}

/** A check of zod's, with what it compares to. */
interface ZodCheckDef {
  readonly check: string;
  readonly value?: unknown;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly format?: string;
}

function checksOf(def: z.core.$ZodTypeDef): readonly ZodCheckDef[] {
  const { checks = [] } = def as z.core.$ZodTypeDef & { readonly checks?: readonly z.core.$ZodCheck[] };
  return checks.map((check) => check._zod.def as unknown as ZodCheckDef);
}

function hasChecks(def: z.core.$ZodTypeDef): boolean {
  return checksOf(def).length > 0;
}

function isBoolean(kind: number): boolean {
  return kind === KIND.true || kind === KIND.false;
}

/** A text, its length within bounds. Of plain ASCII a byte is a character. */
function stringCheck(schema: z.core.$ZodType): SchemaCheck | undefined {
  const def = schema._zod.def as z.core.$ZodTypeDef & { readonly format?: string; readonly coerce?: boolean };
  if (def.format !== undefined || def.coerce === true) return undefined;
  let least = 0;
  let most = Infinity;
  for (const check of checksOf(def)) {
    if (check.check === "min_length") least = Math.max(least, check.minimum ?? Infinity);
    else if (check.check === "max_length") most = Math.min(most, check.maximum ?? -1);
    else if (check.check === "length_equals")
      [least, most] = [Math.max(least, check.length ?? Infinity), Math.min(most, check.length ?? -1)];
    else return undefined;
  }
  if (least === 0 && most === Infinity) return (tape, place) => tape.kind(place) === KIND.string;
  return (tape, place) => {
    if (tape.kind(place) !== KIND.string) return false;
    const length = tape.end(place) - tape.start(place);
    return length >= least && length <= most && isAscii(tape, place);
  };
}

function isAscii(tape: JsonTape, place: number): boolean {
  const { bytes } = tape;
  const end = tape.end(place);
  for (let at = tape.start(place); at < end; at += 1) if ((bytes[at] ?? NON_ASCII) >= NON_ASCII) return false;
  return isPlain(tape, tape.start(place), end);
}

/** A number within bounds. */
function numberCheck(schema: z.core.$ZodType): SchemaCheck | undefined {
  const def = schema._zod.def as z.core.$ZodTypeDef & { readonly coerce?: boolean };
  if (def.coerce === true) return undefined;
  // zod keeps the format of `z.int()` in the definition itself.
  const checks = ["check" in def ? [def as unknown as ZodCheckDef] : [], checksOf(def)].flat();
  const tests = checks.map(numberTest);
  if (!tests.every((test) => test !== undefined)) return undefined;
  if (tests.length === 0) return isOrdinaryNumber;
  return (tape, place) => {
    if (!isOrdinaryNumber(tape, place)) return false;
    const value = numberValue(tape, place);
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

/** Not one that may be infinite. */
function isOrdinaryNumber(tape: JsonTape, place: number): boolean {
  const kind = tape.kind(place);
  return (kind === KIND.integer || kind === KIND.double) && !tape.hasWideNumbers;
}

function numberTest({ check, format, inclusive, value: bound }: ZodCheckDef): ((value: number) => boolean) | undefined {
  if (check === "number_format" && format === "safeint") return Number.isSafeInteger;
  if (typeof bound !== "number") return undefined;
  if (check === "greater_than") return inclusive === true ? (value) => value >= bound : (value) => value > bound;
  if (check === "less_than") return inclusive === true ? (value) => value <= bound : (value) => value < bound;
  return undefined;
}

/** One of some texts. */
function oneOf(values: readonly unknown[]): SchemaCheck | undefined {
  if (!values.every((value) => typeof value === "string")) return undefined;
  const texts = values.map((value) => Buffer.from(value));
  return (tape, place) => {
    if (tape.kind(place) !== KIND.string) return false;
    for (const text of texts) if (isBetween(tape, tape.start(place), tape.end(place), text)) return true;
    return false;
  };
}

/** Whether bytes stand between two places of the tape's. */
function isBetween({ bytes }: JsonTape, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index += 1) if (bytes[start + index] !== text[index]) return false;
  return true;
}
