import { mergeable, type Input, type Mergeable, type Part } from "./mergeable.ts";
import type { BoundColumn } from "./pass-source.ts";

/** What is kept of an event for one measure: a column. */
export interface KeptInput extends Input {
  readonly column: string;
}

/** A column that a tile keeps. */
export interface KeptPart {
  readonly column: string;
  readonly part: Part;
}

/** What is kept of a history for a set of features: each measure once, however many windows it has. */
export interface KeptMeasures {
  readonly inputs: readonly KeptInput[];
  readonly parts: readonly KeptPart[];
  /** A feature from rows with parts, of which those count for which the condition holds. */
  readonly value: (feature: BoundColumn, condition: string) => string;
}

interface Kept extends Mergeable {
  readonly column: string;
}

/** Says what to keep so that features can be put together from tiles. */
export function keptMeasures(features: readonly BoundColumn[]): KeptMeasures {
  const kept = new Map<string, Kept>();
  for (const feature of features) {
    const column = `input_${kept.size}`;
    if (!kept.has(measured(feature))) kept.set(measured(feature), { column, ...mergeable(feature, column) });
  }
  return {
    inputs: [...kept.values()].flatMap(({ column, input }) => (input ? [{ column, ...input }] : [])),
    parts: [...kept.values()].flatMap(partsOf),
    value: (feature, condition) => {
      const found = kept.get(measured(feature));
      return found ? found.value(partsOf(found).map(({ column, part }) => part.read(column, condition))) : "NULL";
    },
  };
}

/** The columns of parts, for a CREATE TABLE. */
export function partDdl({ column, part }: KeptPart): string {
  return `${column} ${part.type}`;
}

/** The column of an input, for a CREATE TABLE. */
export function inputDdl({ column, isCoded, type }: KeptInput): string {
  return `${column} ${isCoded ? "Nullable(UInt32)" : type}`;
}

/** What features differ in besides their windows: those that do not share what a tile keeps. */
function measured({ condition, measure }: BoundColumn): string {
  return JSON.stringify([measure, condition]);
}

function partsOf({ column, parts }: Kept): KeptPart[] {
  return parts.map((part, place) => ({ column: `${column}_${place}`, part }));
}
