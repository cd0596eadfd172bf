import type { EventDefinition } from "../../model/index.ts";
import { fieldValue, type FieldValue, type OracleEvent } from "./event.ts";

/** What a field must be: any of, none of, and bounds; all that is said must hold. */
export interface OracleCondition {
  readonly in?: readonly FieldValue[];
  readonly not?: readonly FieldValue[];
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

/** Whether an event passes: a missing field is null, is none of what it must not be unless null is, and lies within no bounds. */
export function passes(event: OracleEvent, filter: Readonly<Record<string, OracleCondition>>, definition: EventDefinition): boolean {
  return Object.entries(filter).every(([ref, condition]) => {
    const value = fieldValue(event, ref, definition);
    const bounds = [condition.gt, condition.gte, condition.lt, condition.lte].some((bound) => bound !== undefined);
    return (
      (condition.in?.includes(value) ?? true) &&
      !(condition.not?.includes(value) ?? false) &&
      (!bounds || (typeof value === "number" && isWithinBounds(value, condition)))
    );
  });
}

function isWithinBounds(value: number, { gt, gte, lt, lte }: OracleCondition): boolean {
  return value > (gt ?? -Infinity) && value >= (gte ?? -Infinity) && value < (lt ?? Infinity) && value <= (lte ?? Infinity);
}
