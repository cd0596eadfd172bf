import { parseMoment, parseRelativeMoment, TIME_RANGE, type Present } from "../model/index.ts";
import { QueryError } from "./query-error.ts";

/**
 * A moment: a Date, microseconds since 1970, or text: ISO 8601, read on the clocks of the request's zone unless it names its own; or words such as "yesterday" (its first
 * moment), "now", "3 days ago".
 */
export type Moment = Date | number | string;

/**
 * Microseconds since 1970 of a moment.
 * @param what names it in the error's sentence, e.g. "from"
 * @throws QueryError if it is no time between 1970 and 2200
 */
export function resolveMoment(moment: Moment, what: string, present: Present): number {
  const micros = microsOf(moment, present);
  if (micros === undefined || Number.isNaN(micros)) {
    const shown = moment instanceof Date ? "an invalid date" : JSON.stringify(moment);
    throw new QueryError(
      `"${what}" is ${shown}: write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z", or "yesterday", "3 days ago".`,
    );
  }
  // The end of a range is not in it, so the end of all times is one.
  if (!Number.isSafeInteger(micros) || micros < TIME_RANGE.from || micros > TIME_RANGE.to) {
    throw new QueryError(`"${what}" must lie between the years 1970 and 2200, in whole microseconds.`);
  }
  return micros;
}

function microsOf(moment: Moment, present: Present): number | undefined {
  if (moment instanceof Date) return moment.getTime() * 1_000;
  if (typeof moment === "number") return moment;
  return typeof moment === "string" ? (parseMoment(moment, present.timezone) ?? parseRelativeMoment(moment, present)) : undefined;
}
