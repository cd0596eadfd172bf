import type { EventDefinition } from "../../model/index.ts";
import { fieldValue, type FieldValue, type OracleEvent } from "./event.ts";

/** A value, or any of several. */
type Values = FieldValue | readonly FieldValue[];

/** What a field must be: any of, none of, and bounds; all that is said must hold. */
interface Parts {
  readonly in?: Values;
  readonly not?: Values;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

/** A condition on a field, as queries/filter/README.md lists them. */
export type OracleCondition = Values | Parts;

/** Conditions by their fields. */
export type OracleFilter = Readonly<Record<string, OracleCondition>>;

/** Whether an event passes: a missing field is null, is none of what it must not be unless null is, and lies within no bounds. */
export function passes(event: OracleEvent, filter: OracleFilter, definition: EventDefinition): boolean {
  return Object.entries(filter).every(([ref, condition]) => {
    const value = fieldValue(event, ref, definition);
    if (!isParts(condition)) return isAnyOf(value, condition);
    const bounds = [condition.gt, condition.gte, condition.lt, condition.lte].some((bound) => bound !== undefined);
    return (
      (condition.in === undefined || isAnyOf(value, condition.in)) &&
      (condition.not === undefined || !isAnyOf(value, condition.not)) &&
      (!bounds || (typeof value === "number" && isWithinBounds(value, condition)))
    );
  });
}

function isParts(condition: OracleCondition): condition is Parts {
  return typeof condition === "object" && condition !== null && !Array.isArray(condition);
}

function isAnyOf(value: FieldValue, wanted: Values): boolean {
  return Array.isArray(wanted) ? wanted.includes(value) : value === wanted;
}

function isWithinBounds(value: number, { gt, gte, lt, lte }: Parts): boolean {
  return value > (gt ?? -Infinity) && value >= (gte ?? -Infinity) && value < (lt ?? Infinity) && value <= (lte ?? Infinity);
}
