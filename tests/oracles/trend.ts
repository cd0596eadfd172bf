import type { Metric, Watermark } from "../../model/index.ts";
import { fieldValue, isWithin, type FieldValue, type OracleEvent } from "./event.ts";
import { oracleBuckets, type OracleBucket } from "./grid.ts";
import { measureEvents, type MeasureValue } from "./measure.ts";

/** What to ask; `from` and `to` are microseconds since 1970. */
export interface OracleTrendRequest {
  readonly from: number;
  readonly to: number;
  readonly grain: string;
  readonly zone: string;
  readonly groupBy?: readonly string[];
  /** Dimension -> the values it may have. */
  readonly filter?: Readonly<Record<string, readonly FieldValue[]>>;
  readonly asOf?: Watermark;
  /** Instead of the oracle's own grid. */
  readonly buckets?: readonly OracleBucket[];
}

/** One bucket of one group. */
export interface OracleTrendRow extends OracleBucket {
  /** Whether the range cuts the bucket: it counts only events within [from, to). */
  readonly partial: boolean;
  /** Values of `groupBy`, in its order. */
  readonly group: readonly FieldValue[];
  /** How many events stand behind the values. */
  readonly events: number;
  readonly values: Readonly<Record<string, MeasureValue>>;
}

/**
 * The answer to a trend by the rules of the design alone: one pass over all events for each bucket of each group. Every bucket of the range is there, for every
 * group that has an event in the range (one group, without values, if nothing is grouped). An empty bucket is 0 for count, sum and uniq, else null.
 */
export function oracleTrend(events: readonly OracleEvent[], metric: Metric, request: OracleTrendRequest): OracleTrendRow[] {
  const { from, to, grain, zone, groupBy = [], filter = {} } = request;
  const counted = events.filter(
    (event) =>
      event.type === metric.event.type &&
      event.time >= from &&
      event.time < to &&
      isWithin(event, request.asOf) &&
      Object.entries(filter).every(([dimension, wanted]) => wanted.includes(fieldValue(event, dimension, metric.event))),
  );
  const groupOf = (event: OracleEvent): string => JSON.stringify(groupBy.map((dimension) => fieldValue(event, dimension, metric.event)));
  const groups = groupBy.length === 0 ? ["[]"] : [...new Set(counted.map(groupOf))].toSorted();
  return (request.buckets ?? oracleBuckets(from, to, grain, zone)).flatMap(({ start, end }) =>
    groups.map((group) => {
      const inside = counted.filter((event) => event.time >= start && event.time < end && groupOf(event) === group);
      const values = measureEvents(metric, inside);
      if (metric.measure.kind === "sum") values["value"] ??= 0;
      const partial = start < from || end > to;
      return { start, end, partial, group: JSON.parse(group) as FieldValue[], events: inside.length, values };
    }),
  );
}
