import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { parseGrain, type GrainUnit } from "../../model/index.ts";

/** How a bucket is called, in the patterns of date-fns (Unicode TR 35); days and weeks by their first day. */
const PATTERNS: Partial<Readonly<Record<GrainUnit, string>>> = {
  second: "yyyy-MM-dd HH:mm:ss",
  minute: "yyyy-MM-dd HH:mm",
  hour: "yyyy-MM-dd HH:mm",
  month: "yyyy-MM",
  quarter: "yyyy-'Q'Q",
  year: "yyyy",
};

/** A bucket's name, by its start on the clocks of a zone. */
export function bucketName(start: Date, grain: string, timezone: string): string {
  return localTime(start, timezone, PATTERNS[parseGrain(grain)?.unit ?? "day"] ?? "yyyy-MM-dd");
}

/** A moment on the clocks of a zone. */
export function localTime(instant: Date, timezone: string, pattern = "yyyy-MM-dd HH:mm"): string {
  return format(new TZDate(instant, timezone), pattern);
}
