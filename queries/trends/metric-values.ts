import { measureSql } from "../../clickhouse/index.ts";
import { isDerived, type DerivedMetric, type Metric } from "../../model/index.ts";
import type { AskedMetric } from "./asked-metric.ts";
import type { Cell, Measured } from "./series.ts";

/** Finds what a part of a metric measured for the group in question; undefined = no event. */
export type FindPart = (metric: Metric) => Measured | undefined;

/** The cells of a metric for one group: for each output one for each bucket of the frame, worked out from its parts. */
export function bucketCells(asked: AskedMetric, find: FindPart, buckets: number): Cell[][] {
  const { metric } = asked;
  if (isDerived(metric))
    return [Array.from({ length: buckets }, (_, place) => derive(metric, asked, find, (part) => part?.cells[0]?.[place]))];
  const measured = find(metric);
  return asked.outputs.map((_, output) => Array.from({ length: buckets }, (__, place) => measured?.cells[output]?.[place]));
}

/** The values of a metric for one group over the whole range, one for each output. */
export function wholeCells(asked: AskedMetric, find: FindPart): Cell[] {
  const { metric } = asked;
  if (isDerived(metric)) return [derive(metric, asked, find, (part) => part?.whole[0])];
  const measured = find(metric);
  return asked.outputs.map((_, output) => measured?.whole[output]);
}

/** A ratio or formula of what its parts are; a part without events is what its measure is without any. */
function derive(
  metric: DerivedMetric,
  { parts }: AskedMetric,
  find: FindPart,
  cellOf: (part: Measured | undefined) => Cell,
): number | null {
  const values = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => {
      const cell = cellOf(find(part));
      const value = cell === undefined ? emptyOf(part) : cell;
      return [name, typeof value === "number" ? value : null];
    }),
  );
  const value = metric.kind === "ratio" ? quotient(values["numerator"], values["denominator"], metric.scale) : metric.value(values);
  return value === null || !Number.isFinite(value) ? null : value + 0;
}

function quotient(numerator: number | null | undefined, denominator: number | null | undefined, scale: number): number | null {
  if (typeof numerator !== "number" || typeof denominator !== "number" || denominator === 0) return null;
  return (numerator * scale) / denominator;
}

const empties = new WeakMap<Metric, 0 | null>();

function emptyOf(metric: Metric): 0 | null {
  const known = empties.get(metric);
  if (known !== undefined) return known;
  const empty = measureSql(metric).outputs[0]?.empty ?? null;
  empties.set(metric, empty);
  return empty;
}
