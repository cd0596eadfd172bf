import { parseTime } from "./parse-time.ts";
import { momentOf } from "./zone-offsets.ts";

/** A year, month, day or clock time; the clock time may have a zone. */
const ISO_8601 = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * Reads a moment as people write it, as microseconds since 1970: RFC 3339 ({@link parseTime}), seconds optional and a space allowed for the "T"; or a year, month, day
 * or clock time ("2026", "2026-11", "2026-11-27", "2026-11-27T09:30"), which is the first moment at which the zone's clocks show it or later.
 * @param timezone an IANA zone that the runtime knows
 * @returns undefined if the text is none; see `TIME_RANGE` for the range
 */
export function parseMoment(text: string, timezone: string): number | undefined {
  const match = ISO_8601.exec(text.trim());
  if (!match) return undefined;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00", digits, zone] = match;
  const fraction = digits === undefined ? "" : `.${digits}`;
  const wall = parseTime(`${year ?? ""}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone ?? "Z"}`);
  return wall === undefined || zone !== undefined ? wall : Math.round(momentOf(wall / 1_000, timezone) * 1_000);
}
