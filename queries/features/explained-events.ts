import { fieldSql, scaledSql, type ClickHouse } from "../../clickhouse/index.ts";
import { resolveField, type Field } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import { entityParts, type OnlineLabels } from "./online-statement.ts";
import { filtersSql, type BoundColumn } from "./pass-source.ts";
import type { CountedColumn } from "./counted-columns.ts";
import { showMoment } from "./show-moment.ts";

/** Why an event does not count. The first that applies: an event that "known-later" or "after-watermark" is said of would count but for that. */
export type LeftOutReason = "before-window" | "after-window" | "filtered-out" | "without-field" | "known-later" | "after-watermark";

/** An event, as far as a feature looks at it. */
export interface ExplainedEvent {
  readonly id: string;
  readonly source: string;
  /** Event time and knowledge time: RFC 3339 in UTC, to the microsecond. */
  readonly time: string;
  readonly knownAt: string;
  readonly position: { readonly stream: string; readonly epoch: number; readonly seq: number; readonly idx: number };
  /** The field that is measured; null if it lacks it, or if events are counted or only their times matter. */
  readonly value: string | number | null;
}

/** Events of one fate: how many, and the nearest to the end of the window that they lie on a side of. */
export interface ExplainedGroup {
  readonly count: number;
  readonly events: readonly ExplainedEvent[];
}

/** What became of every event of the entity and type, whatever its time and place in the log: `total` is the sum of all counts. */
export interface ExplainedEvents {
  readonly type: string;
  readonly total: number;
  readonly counted: ExplainedGroup;
  /** Only reasons that some event has. */
  readonly leftOut: readonly (ExplainedGroup & { readonly reason: LeftOutReason })[];
}

const REASONS: readonly LeftOutReason[] = [
  "before-window",
  "after-window",
  "filtered-out",
  "without-field",
  "known-later",
  "after-watermark",
];

type ListedEvent = readonly [
  distance: string,
  stream: string,
  epoch: string,
  seq: string,
  idx: number,
  id: string,
  source: string,
  time: string,
  known: string,
  value: string | null,
];

/** Looks at each event of the one entity of `labels`, and says whether a measure counts it, and if not why. @param limit events listed of each fate */
export async function explainedEvents(
  clickhouse: ClickHouse,
  labels: OnlineLabels,
  column: CountedColumn,
  limit: number,
  signal?: AbortSignal,
): Promise<ExplainedEvents> {
  const bindings = new Bindings();
  const { asOf, at, entities, set } = labels;
  const condition = filtersSql(column.event, column.filters, bindings);
  const field = measuredField(column);
  const reason = `multiIf(age > ${column.reach}, 'before-window', age <= ${column.delay}, 'after-window', ${condition === undefined ? "" : `NOT (${condition}), 'filtered-out', `}${
    field ? `isNull(${field.measured}), 'without-field', ` : ""
  }known_at > ${bindings.moment(at)}, 'known-later', NOT ${atOrBefore(asOf, bindings)}, 'after-watermark', 'counted')`;
  const whom = entityParts(set, column.event).map((part, index) => `${part} = ${bindings.bind("String", entities[index]?.[0] ?? "")}`);
  const event = `if(reason = 'after-window', -age, age), toString(stream), epoch, seq, idx, id, toString(source), toUnixTimestamp64Micro(time), toUnixTimestamp64Micro(known_at), ${field ? `toString(${field.value})` : "CAST(NULL, 'Nullable(String)')"}`;
  const rows = await clickhouse.rows<{ reason: string; events: string; listed: ListedEvent[] }>({
    name: "Explain a feature",
    sql: `WITH ${bindings.bind("Int64", at)} - toUnixTimestamp64Micro(time) AS age
SELECT ${reason} AS reason, count() AS events, groupArraySorted(${limit})((${event})) AS listed
FROM events WHERE type = ${bindings.bind("String", column.event.type)} AND ${whom.join(" AND ")} GROUP BY reason`,
    params: bindings.params,
    ...(signal ? { signal } : {}),
  });
  const isNumber = field?.field.type === "number" || field?.field.type === "integer";
  const group = (wanted: string): ExplainedGroup => {
    const found = rows.find((row) => row.reason === wanted);
    return { count: Number(found?.events ?? 0), events: (found?.listed ?? []).map((listed) => toEvent(listed, isNumber)) };
  };
  return {
    type: column.event.type,
    total: rows.reduce((total, { events }) => total + Number(events), 0),
    counted: group("counted"),
    leftOut: REASONS.map((each) => ({ reason: each, ...group(each) })).filter(({ count }) => count > 0),
  };
}

/** The field of a measure: its value, and what is null of an event that the measure passes over (a sum also those that no sum can hold). */
function measuredField({
  event,
  measure,
}: BoundColumn | CountedColumn): { readonly field: Field; readonly value: string; readonly measured: string } | undefined {
  if (!("field" in measure)) return undefined;
  const field = resolveField(event, measure.field);
  if ("problem" in field) throw new Error(`A feature: ${field.problem}.`);
  const value = fieldSql(field).expression;
  return { field, value, measured: "decimals" in measure ? scaledSql(field, measure).expression : value };
}

function toEvent([, stream, epoch, seq, idx, id, source, time, known, value]: ListedEvent, isNumber: boolean): ExplainedEvent {
  return {
    id,
    source,
    time: showMoment(Number(time)),
    knownAt: showMoment(Number(known)),
    position: { stream, epoch: Number(epoch), seq: Number(seq), idx },
    value: value !== null && isNumber ? Number(value) : value,
  };
}
