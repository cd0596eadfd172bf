import { identifier } from "../../clickhouse/index.ts";
import { storedStreams, type FunnelPanel, type Project } from "../../model/index.ts";
import { resolveEntity } from "../behaviour/entity.ts";
import { resolveSelector } from "../behaviour/event-selector.ts";
import { walksSql } from "../behaviour/funnel-sql.ts";
import type { OrderKey } from "../behaviour/order-key.ts";
import { percentileSql } from "../behaviour/percentile-sql.ts";
import { resolveLength } from "../behaviour/resolve-range.ts";
import { RANGE, RangeBindings, type PanelRange } from "./range-bindings.ts";

/** Bits of a key's parts after the time, which has 53; together 128. */
const BITS = { stream: 8, epoch: 8, seq: 44, idx: 15 } as const;
const UNIT = 2n ** BigInt(Object.values(BITS).reduce((sum, bits) => sum + bits, 0));

/**
 * A funnel as a row for each step: its number and event, `entities` that reached it, their shares of those that reached the first step and the step before, and the median of the seconds since the step before.
 * @throws QueryError if the panel asks what cannot be answered
 */
export function panelFunnelSql(project: Project, panel: FunnelPanel, range: PanelRange): string {
  const bindings = new RangeBindings(range);
  const steps = panel.steps.map((step) => resolveSelector(project, step));
  const entity = resolveEntity(steps, "subject");
  const key = panelKey(project);
  const walk = { ...RANGE, steps, window: resolveLength(panel.window, "window"), entity, by: undefined };
  const walks = walksSql(walk, key, bindings, "true", `${identifier(project.name)}.events`);
  const numbers = steps.map((_, index) => index + 1);
  const durations = numbers
    .slice(1)
    .map((step) => `arraySort(groupArrayIf(toInt64(intDiv(k${step}, ${key.unit}) - intDiv(k${step - 1}, ${key.unit})), k${step} > 0))`);
  return `SELECT _step AS step, [${steps.map(({ label }) => bindings.text(label)).join(", ")}][_step] AS event, _counts[_step] AS entities,
    if(_counts[1] = 0, NULL, entities / _counts[1]) AS of_first,
    if(_step = 1 OR _counts[_step - 1] = 0, NULL, entities / _counts[_step - 1]) AS of_previous,
    _medians[_step] AS median_seconds
FROM
(
    SELECT [${numbers.map((step) => `countIf(k${step} > 0)`).join(", ")}] AS _counts, [${["NULL", ...durations.map((sorted) => `${percentileSql(sorted, 5)} / 1e6`)].join(", ")}] AS _medians
    FROM (${walks})
)
ARRAY JOIN [${numbers.join(", ")}] AS _step
ORDER BY step
LIMIT ${steps.length}`;
}

/** The order of the log as a number of 128 bits. The epochs are looked up as the query runs: there are as many as streams, and a few more. */
function panelKey(project: Project): OrderKey {
  const streams = storedStreams(project.streams)
    .map(({ name }) => name)
    .sort();
  const epochs = `(SELECT arraySort(groupUniqArray(epoch)) FROM ${identifier(project.name)}.ingest_ledger)`;
  const sql = [
    { bits: BITS.stream, digit: place("stream", `[${streams.map((name) => `'${name}'`).join(", ")}]`) },
    { bits: BITS.epoch, digit: place("epoch", epochs) },
    { bits: BITS.seq, digit: "seq" },
    { bits: BITS.idx, digit: "idx" },
  ].reduce((key, { bits, digit }) => `(${key} * ${2 ** bits} + ${digit})`, "toUInt128(toUnixTimestamp64Micro(time))");
  return { sql, type: "UInt128", unit: `toUInt128('${UNIT}')`, condition: "true" };
}

function place(column: string, among: string): string {
  return `indexOf(${among}, ${column})`;
}
