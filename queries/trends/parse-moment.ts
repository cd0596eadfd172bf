import { momentOf } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { Moment } from "./trend-request.ts";

/** 1970-01-01 and 2200-01-01 in microseconds: the times that events may have. */
const EARLIEST = 0;
const LATEST = 7_258_118_400_000_000;
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Microseconds since 1970 of a moment.
 * @param what names it in the error's sentence, e.g. "from"
 * @throws QueryError if it is no time between 1970 and 2200
 */
export function parseMoment(moment: Moment, what: string, timezone: string): number {
  const micros = moment instanceof Date ? moment.getTime() * 1_000 : typeof moment === "number" ? moment : parseText(moment, timezone);
  if (micros === undefined || Number.isNaN(micros)) {
    const shown = moment instanceof Date ? "an invalid date" : JSON.stringify(moment);
    throw new QueryError(`"${what}" is ${shown}: write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z".`);
  }
  if (!Number.isSafeInteger(micros) || micros < EARLIEST || micros > LATEST) {
    throw new QueryError(`"${what}" must lie between the years 1970 and 2200, in whole microseconds.`);
  }
  return micros;
}

function parseText(text: string, timezone: string): number | undefined {
  const match = ISO_8601.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits: string | undefined) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(wall);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists) return undefined;
  const fraction = Number((match[7] ?? "").padEnd(6, "0").slice(0, 6));
  const instant = match[8] === undefined ? momentOf(wall, timezone) : wall - offsetOf(match[8]);
  return instant * 1_000 + fraction;
}

function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const size = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000;
  return zone.startsWith("-") ? -size : size;
}
