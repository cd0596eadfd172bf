import { calendarOf, type Calendar } from "./calendar.ts";
import { fixedGrainMs, type Grain } from "./grain.ts";
import { offsetSpans, type OffsetSpan } from "./zone-offsets.ts";

const DAY = 86_400_000;
const MICROS = 1_000;
/** Upper bounds of a unit's length, in days. */
const LONGEST: Partial<Readonly<Record<Grain["unit"], number>>> = { day: 2, week: 8, month: 32, quarter: 93, year: 367 };

/** A range of time and how to cut it. Times are microseconds since 1970; the range is `[from, to)`, from before to. */
export interface GridRequest {
  readonly from: number;
  readonly to: number;
  readonly grain: Grain;
  /** IANA zone whose clocks and calendar count. */
  readonly timezone: string;
}

/**
 * Cuts a range of time into buckets: the one definition of a bucket for SQL, TypeScript and dashboards.
 *
 * - Days, weeks (ISO: from Monday, unless the grain names another day), months, quarters and years begin at the first moment at which the zone's clocks show their start or later: a day has 23 hours
 *   or 25 where clocks change, begins at 01:00 where midnight is skipped, and is no bucket at all where it is skipped as a whole (Pacific/Apia, 30 December 2011).
 * - Hours, minutes and seconds begin whenever the zone's clocks come to a multiple of the grain, counted from midnight (grains that do not divide a day: from
 *   1970-01-01T00:00 on those clocks), or jump over one. So "1 hour" gives 23 or 25 buckets on such days, "6 hours" always starts at 0, 6, 12 and 18 o'clock (one of them
 *   lasts 5 or 7 hours), and an hour half of which is repeated lasts 90 minutes (Australia/Lord_Howe).
 * @returns the edges of the buckets that meet the range, ascending, in microseconds: bucket i is `[edges[i], edges[i + 1])`;
 * the first edge is at or before `from`, the last at or after `to`
 * @throws RangeError if the runtime does not know the zone
 */
export function gridEdges({ from, to, grain, timezone }: GridRequest): number[] {
  const fromMs = Math.floor(from / MICROS);
  const toMs = Math.ceil(to / MICROS);
  const margin = longestMs(grain) + 2 * DAY;
  const spans = offsetSpans(timezone, fromMs - margin, toMs + margin);
  const calendar = calendarOf(grain);
  const candidates = calendar ? calendarEdges(calendar, spans, fromMs) : clockEdges(fixedGrainMs(grain) ?? DAY, spans, fromMs);
  return cover(candidates, fromMs, toMs).map((edge) => edge * MICROS);
}

/** A length that no bucket of a grain exceeds (but by the change of a clock), in milliseconds. */
export function longestMs(grain: Grain): number {
  return fixedGrainMs(grain) ?? (LONGEST[grain.unit] ?? 0) * DAY * grain.count;
}

/** Of ascending edges those that bound the range: from the last one at or before `from` to the first one at or after `to`, each once. */
function cover(candidates: Iterable<number>, from: number, to: number): number[] {
  const edges: number[] = [];
  for (const edge of candidates) {
    if (edge <= from) edges.length = 0;
    if (edge !== edges.at(-1)) edges.push(edge);
    if (edge >= to) break;
  }
  return edges;
}

function* calendarEdges({ numberOf, startOf }: Calendar, spans: readonly OffsetSpan[], from: number): Generator<number> {
  const wallFrom = from + (spans.find((span) => from < span.to)?.offset ?? 0);
  // One period early: where clocks go back over midnight, "yesterday" is shown again after today has begun (America/St_Johns until 2011).
  let number = numberOf(wallFrom) - 1;
  for (const span of spans) {
    for (;;) {
      const firstMoment = Math.max(span.from, startOf(number) - span.offset);
      if (firstMoment >= span.to) break;
      yield firstMoment;
      number += 1;
    }
  }
}

function* clockEdges(length: number, spans: readonly OffsetSpan[], from: number): Generator<number> {
  for (const [index, { from: start, to: end, offset }] of spans.entries()) {
    const before = spans[index - 1]?.offset ?? offset;
    const jumpedOver = Math.ceil((start + before) / length) * length;
    if (jumpedOver < start + offset) yield start;
    const earliest = Math.max(start, Math.min(from, end) - length);
    for (let edge = Math.ceil((earliest + offset) / length) * length - offset; edge < end; edge += length) yield edge;
  }
}
