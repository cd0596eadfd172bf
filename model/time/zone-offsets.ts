/** A stretch of time through which a zone's clocks are ahead of UTC by one amount. All in milliseconds, times since 1970, `[from, to)`. */
export interface OffsetSpan {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

const SECOND = 1_000;
const DAY = 86_400_000;
/** Between two changes of any zone's clocks since 1970 lie 7 days at least (America/Recife, October 2000; 418 zones scanned at 12 hours). */
const STEP = 6 * DAY;
/** A year and a bit: 65 samples of 2.3 microseconds each, once a zone and process. */
const CHUNK = 64 * STEP;

/** The changes within one chunk of time, and what holds before the first. */
interface Chunk {
  readonly offset: number;
  readonly changes: readonly { readonly at: number; readonly offset: number }[];
}

interface Zone {
  readonly offsetAt: (time: number) => number;
  readonly chunks: Map<number, Chunk>;
}

const zones = new Map<string, Zone>();

/**
 * The offsets of an IANA zone over `[from, to)`, in order and without gaps.
 * Taken from `Intl`, and not from `tzOffset` of @date-fns/tz 1.5, which loses the sign of offsets between -1 and 0 hours (Africa/Monrovia until 1972).
 * @throws RangeError if the runtime does not know the zone
 */
export function offsetSpans(timezone: string, from: number, to: number): OffsetSpan[] {
  const zone = zoneOf(timezone);
  const spans: OffsetSpan[] = [];
  for (let index = Math.floor(from / CHUNK); index * CHUNK < to; index += 1) {
    const { offset, changes } = chunkOf(zone, index);
    const starts = [{ at: index * CHUNK, offset }, ...changes];
    for (const [place, start] of starts.entries()) {
      const end = starts[place + 1]?.at ?? (index + 1) * CHUNK;
      const last = spans.at(-1);
      if (last?.offset === start.offset) spans[spans.length - 1] = { ...last, to: end };
      else spans.push({ from: start.at, to: end, offset: start.offset });
    }
  }
  return spans;
}

function zoneOf(timezone: string): Zone {
  const known = zones.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
  const parsed = new Map<string, number>();
  const offsetAt = (time: number): number => {
    const text = format.format(time).split("GMT")[1] ?? "";
    const offset = parsed.get(text) ?? parseOffset(text);
    parsed.set(text, offset);
    return offset;
  };
  const zone = { offsetAt, chunks: new Map<number, Chunk>() };
  zones.set(timezone, zone);
  return zone;
}

/** Reads "", "+02:00", "-00:44:30" as milliseconds. */
function parseOffset(text: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return sign === "-" ? -size : size;
}

function chunkOf({ offsetAt, chunks }: Zone, index: number): Chunk {
  const known = chunks.get(index);
  if (known) return known;
  const start = index * CHUNK;
  const changes: { at: number; offset: number }[] = [];
  const first = offsetAt(start);
  let before = first;
  for (let time = start; time < start + CHUNK; time += STEP) {
    const after = offsetAt(time + STEP);
    if (after !== before) changes.push({ at: changeBetween(offsetAt, time, time + STEP), offset: after });
    before = after;
  }
  const chunk = { offset: first, changes: changes.filter(({ at }) => at < start + CHUNK) };
  chunks.set(index, chunk);
  return chunk;
}

/** The second at which the offset of `to` begins to hold, by bisection. */
function changeBetween(offsetAt: (time: number) => number, from: number, to: number): number {
  const target = offsetAt(to);
  let before = from / SECOND;
  let after = to / SECOND;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle * SECOND) === target) after = middle;
    else before = middle;
  }
  return after * SECOND;
}

/**
 * The first moment at which a zone's clocks show a wall time (milliseconds, as if the wall were in UTC) or later: the earlier one of two, the end of the gap where it is skipped.
 * @throws RangeError if the runtime does not know the zone
 */
export function momentOf(wall: number, timezone: string): number {
  for (const { from, to, offset } of offsetSpans(timezone, wall - 2 * DAY, wall + 2 * DAY)) {
    const moment = Math.max(from, wall - offset);
    if (moment < to) return moment;
  }
  throw new RangeError(`No clock in ${timezone} ever shows that time.`);
}
