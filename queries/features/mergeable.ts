import { fieldSql, isSpread, ofSums, scaledSql, squareSql } from "../../clickhouse/index.ts";
import { resolveField, type AddedMeasure, type Field } from "../../model/index.ts";
import type { BoundColumn } from "./pass-source.ts";

/** A value kept for each tile of a history: those of several tiles put together give that of all their events. */
export interface Part {
  readonly type: string;
  /** Aggregate over events. */
  readonly ofEvents: string;
  /** Aggregate over tiles that gives the part again. */
  readonly ofTiles: (column: string) => string;
  /** Aggregate over the tiles for which the condition holds that gives what the part stands for. */
  readonly read: (column: string, condition: string) => string;
}

/** What a history keeps of each event for a measure. */
export interface Input {
  readonly expression: string;
  readonly type: string;
  /** Set if each value is kept as a number of its own: the column is then Nullable(UInt32). */
  readonly isCoded?: boolean;
}

/** A measure as parts, over events whose field stands in the column `input` already. */
export interface Mergeable {
  /** What is kept of each event, as SQL over `events`, and its type; a count needs nothing. */
  readonly input?: Input;
  readonly parts: readonly Part[];
  /** The measure from its parts, each an aggregate over tiles. */
  readonly value: (parts: readonly string[]) => string;
}

/** Settles "first" and "last" where event times tie; the same columns in `events` and in a history. */
export const LOG_ORDER = ["stream", "epoch", "seq", "idx"] as const;
/** The same for a CREATE TABLE. */
export const ORDER_COLUMNS = ["stream LowCardinality(String)", "epoch UInt64", "seq UInt64", "idx UInt32"] as const;
const ORDER_TYPE = "Tuple(Int64, String, UInt64, UInt64, UInt32)";

/**
 * A measure as parts of tiles: what `joinedValue` gives over the same events, to the bit, because integers are added and nothing is estimated. Events that the measure's filter leaves out are
 * kept as if they lacked the field.
 * @param input name of the column that holds the event's field
 * @throws Error if the measure has no such parts (a checked feature set has none such)
 */
export function mergeable(feature: BoundColumn, input: string): Mergeable {
  const { condition } = feature;
  const whole = unfiltered(feature, input);
  if (condition === undefined || !whole.input) return whole;
  return { ...whole, input: { ...whole.input, expression: `if(${condition}, ${whole.input.expression}, NULL)` } };
}

function unfiltered({ condition, event, measure, name }: BoundColumn, input: string): Mergeable {
  switch (measure.kind) {
    case "count":
      return counted(condition, input);
    case "ageOfLast":
    case "ageOfFirst":
      return timed(measure.kind === "ageOfLast" ? "max" : "min", input);
    case "quantiles":
      throw new Error(`Feature "${name}": quantiles cannot be put together from tiles.`);
    default:
  }
  const field = resolveField(event, measure.field);
  if ("problem" in field) throw new Error(`Feature "${name}": ${field.problem}.`);
  const { expression, type } = fieldSql(field);
  switch (measure.kind) {
    case "sum":
    case "avg":
    case "variance":
    case "stddev":
      return added(measure, field, input);
    case "min":
    case "max": {
      const part = plain("Nullable(Float64)", measure.kind, `${measure.kind}(${input})`);
      return {
        input: { expression: `toFloat64(${expression})`, type: "Nullable(Float64)" },
        parts: [part],
        value: ([value = ""]) => value,
      };
    }
    case "uniq":
      return distinct(field.type === "number" ? `${expression} + 0` : expression, type, input);
    case "first":
    case "last":
      return picked(measure.kind === "first" ? "argMin" : "argMax", field, input);
  }
}

/** A count of all events needs nothing of them; one of those that fit needs to know which do. */
function counted(condition: string | undefined, input: string): Mergeable {
  const part = summed("UInt64", condition === undefined ? "count()" : `count(${input})`);
  return {
    ...(condition === undefined ? {} : { input: { expression: "1", type: "Nullable(UInt8)" } }),
    parts: [part],
    value: ([count = ""]) => `toInt64(${count})`,
  };
}

/** The time of the last or the first event. */
function timed(pick: "max" | "min", input: string): Mergeable {
  return {
    input: { expression: "toUnixTimestamp64Micro(time)", type: "Nullable(Int64)" },
    parts: [plain("Nullable(Int64)", pick, `${pick}(${input})`)],
    value: ([time = ""]) => time,
  };
}

/** A part that is a plain value. */
function plain(type: string, aggregate: string, ofEvents: string): Part {
  return {
    type,
    ofEvents,
    ofTiles: (column) => `${aggregate}(${column})`,
    read: (column, condition) => `${aggregate}If(${column}, ${condition})`,
  };
}

function summed(type: string, ofEvents: string): Part {
  return plain(type, "sum", ofEvents);
}

/** A part that is the state of an aggregate. */
function state(aggregate: string, types: string, values: string): Part {
  return {
    type: `AggregateFunction(${aggregate}, ${types})`,
    ofEvents: `${aggregate}State(${values})`,
    ofTiles: (column) => `${aggregate}MergeState(${column})`,
    read: (column, condition) => `${aggregate}MergeIf(${column}, ${condition})`,
  };
}

function added(measure: AddedMeasure, field: Field, input: string): Mergeable {
  const { expression, divisor } = scaledSql(field, measure);
  const sums = [summed("Int128", `sum(ifNull(${input}, 0))`), summed("UInt64", `count(${input})`)];
  return {
    input: { expression, type: "Nullable(Int128)" },
    parts: isSpread(measure.kind) ? [...sums, summed("Int256", `sum(ifNull(${squareSql(input)}, 0))`)] : sums,
    value: ([sum = "", values = "", squares = ""]) => ofSums(measure.kind, divisor, { values, sum, squares }),
  };
}

/**
 * Values are numbered, and a tile keeps a bitmap of their numbers: exact, and put together in a tenth of the time and memory of sets of values (`uniqExact`: 5.2 GB and 24 s
 * for what docs/decisions/0026 measures).
 */
function distinct(expression: string, type: string, input: string): Mergeable {
  return {
    input: { expression, type, isCoded: true },
    parts: [state("groupBitmap", "Nullable(UInt32)", input)],
    value: ([found = ""]) => `toInt64(ifNull(${found}, 0))`,
  };
}

function picked(pick: "argMin" | "argMax", field: Field, input: string): Mergeable {
  const { expression } = fieldSql(field);
  const numeric = field.type === "number" || field.type === "integer";
  const type = numeric ? "Nullable(Float64)" : "Nullable(String)";
  const value = `CAST(${numeric ? "toFloat64" : "toString"}(${expression}), '${type}')`;
  return {
    input: { expression: value, type },
    parts: [state(pick, `${type}, ${ORDER_TYPE}`, `${input}, ${ORDER}`)],
    value: ([found = ""]) => found,
  };
}

const ORDER = `CAST((at, ${LOG_ORDER.join(", ")}), '${ORDER_TYPE}')`;
