import { isTimeZone, parseRange, TIME_RANGE, type Present, type TimeRange } from "../model/index.ts";
import { QueryError } from "./query-error.ts";
import { resolveMoment, type Moment } from "./resolve-moment.ts";

/** The parts of a request that say which time it is about. */
export interface RangeRequest {
  readonly from?: Moment;
  readonly to?: Moment;
  readonly range?: string;
}

/** Checks a zone, and takes the clock for the present unless told. @throws QueryError if the runtime does not know the zone */
export function resolvePresent(timezone: string, now: Date | undefined): Present {
  if (typeof timezone !== "string" || !isTimeZone(timezone))
    throw new QueryError(`There is no time zone ${JSON.stringify(timezone)}: write an IANA name such as "Europe/Berlin".`);
  return { timezone, now: resolveMoment(now ?? new Date(), "now", { timezone, now: 0 }) };
}

/**
 * The range `[from, to)` that a request is about, in microseconds since 1970: `range`, or `from` and `to` (default: now).
 * @throws QueryError, one sentence, if that is no range
 */
export function resolveRange({ from, to, range }: RangeRequest, present: Present): TimeRange {
  if (range !== undefined) {
    if (from !== undefined || to !== undefined) throw new QueryError('Give "range", or "from" and "to", not both.');
    return namedRange(range, present);
  }
  if (from === undefined) throw new QueryError('The request has no "from": say when the range begins, or give "range".');
  const resolved = {
    from: resolveMoment(from, "from", present),
    to: to === undefined ? present.now : resolveMoment(to, "to", present),
  };
  if (resolved.to <= resolved.from) throw new QueryError(`"to" must lie after "from": the range is half-open, [from, to).`);
  return resolved;
}

function namedRange(text: string, present: Present): TimeRange {
  const found = typeof text === "string" ? parseRange(text, present) : undefined;
  if (!found) {
    throw new QueryError(
      `"range" is ${JSON.stringify(text)}: write "today", "this month", "last week", "24h", "3 months", "2026-11" or the like.`,
    );
  }
  if (found.from < TIME_RANGE.from || found.to > TIME_RANGE.to) throw new QueryError('"range" must lie between the years 1970 and 2200.');
  if (found.to <= found.from)
    throw new QueryError(`"range" is ${JSON.stringify(text)}, which has only just begun: nothing lies in it yet.`);
  return found;
}
