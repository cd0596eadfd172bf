import { resolveField, type EventDefinition, type FieldType, type Watermark } from "../../model/index.ts";

/** An event as the oracles see it: a row of `events` in plain values. Times are microseconds since 1970. */
export interface OracleEvent {
  readonly type: string;
  readonly time: number;
  readonly known_at: number;
  readonly stream: string;
  readonly epoch: number;
  readonly seq: number;
  readonly idx: number;
  readonly id: string;
  readonly source: string;
  readonly subject: string;
  readonly data: unknown;
}

/** A field's value; null where the event has none. */
export type FieldValue = string | number | bigint | boolean | null;

/**
 * Reads a field by the name a metric gives it: `id`, `source`, `subject`, or a dotted path into `data`, with or without `data.` in front. A value of another
 * type than the event declares reads as null.
 */
export function fieldValue(event: OracleEvent, ref: string, definition: EventDefinition): FieldValue {
  if (ref === "id" || ref === "source" || ref === "subject") return event[ref];
  let value: unknown = event.data;
  for (const key of ref.replace(/^data\./, "").split(".")) {
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  }
  const field = resolveField(definition, ref);
  if ("problem" in field) throw new Error(field.problem);
  return isOfType(value, field.type) ? value : null;
}

function isOfType(value: unknown, type: FieldType): value is FieldValue {
  if (type === "integer") return typeof value === "bigint" || Number.isInteger(value);
  return typeof value === type || (type === "number" && typeof value === "bigint");
}

/** Whether an event lies at or before a watermark; a stream that the watermark does not name is not known at all. */
export function isWithin(event: OracleEvent, watermark: Watermark | undefined): boolean {
  if (!watermark) return true;
  const end = watermark[event.stream];
  if (!end) return false;
  return event.epoch < end.epoch || (event.epoch === end.epoch && event.seq <= end.seq);
}

/** The order of the log that settles "first" and "last": event time, then stream, epoch, sequence, index. */
export function compareInLog(a: OracleEvent, b: OracleEvent): number {
  return a.time - b.time || compareBytes(a.stream, b.stream) || a.epoch - b.epoch || a.seq - b.seq || a.idx - b.idx;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
