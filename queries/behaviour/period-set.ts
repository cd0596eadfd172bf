import { bucketSql } from "../trends/bucket-sql.ts";
import type { Bindings } from "../bindings.ts";

/** The set of periods in which an entity had an event, gathered as bits: 8 bytes a group, where a set of numbers allocates memory for each. */
export interface PeriodSet {
  /** Aggregates over rows of `events`, with their names, to be selected. */
  readonly gathered: string;
  /** SQL of the numbers of the periods, from 0, ascending: `Array(Int64)` over what was gathered. */
  readonly numbers: string;
}

const BITS = 64;

/** SQL of the number of the period that a row of `events` lies in, from 0; any number for rows outside all periods. */
export function periodNumberSql(edges: readonly number[], bindings: Bindings): string {
  const [origin = 0, second = 0] = edges;
  const micros = "toUnixTimestamp64Micro(time)";
  const step = second - origin;
  const isEven = edges.every((edge, index) => edge === origin + index * step);
  if (isEven) return `intDiv(${micros} - ${bindings.bind("Int64", origin)}, ${bindings.bind("Int64", step)})`;
  const starts = bindings.bind("Array(Int64)", edges);
  return `transform(${bucketSql(edges, micros, bindings)}, ${starts}, ${bindings.bind("Array(Int64)", [...edges.keys()])}, toInt64(0))`;
}

/**
 * Gathers the periods of the rows that a condition holds for.
 * @param name begins the names of the columns
 * @param number SQL of a row's period, right where the condition holds
 * @param periods how many there are
 */
export function periodSet(name: string, number: string, periods: number, condition: string): PeriodSet {
  const words = Array.from({ length: Math.ceil(periods / BITS) }, (_, index) => index);
  const bit = `bitShiftLeft(toUInt64(1), positiveModulo(${number}, ${BITS}))`;
  const within = (word: number): string => (words.length === 1 ? condition : `${condition} AND intDiv(${number}, ${BITS}) = ${word}`);
  const numbers = words.map((word) => `arrayMap(bit -> toInt64(bit) + ${word * BITS}, bitPositionsToArray(${name}${word}))`);
  return {
    gathered: words.map((word) => `groupBitOrIf(${bit}, ${within(word)}) AS ${name}${word}`).join(", "),
    numbers: numbers.length === 1 ? numbers.join("") : `arrayConcat(${numbers.join(", ")})`,
  };
}
