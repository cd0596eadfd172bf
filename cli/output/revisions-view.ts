import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import type { RevisionAnswer, RevisionRow } from "../../queries/index.ts";
import { plural, showNumber } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";

/** Revisions for reading: one line a bucket, what it showed, what it shows now, and when it changed. */
export function revisionsView({ grain, groupBy, lateness, metric, more, outputs, rows, timezone, unit }: RevisionAnswer): string {
  const title = `${metric}${unit === undefined ? "" : ` in ${unit}`}, by ${grain}, ${timezone}`;
  if (rows.length === 0) return `${title}\nNo event came into a bucket that was final (${lateness} after its end).\n`;
  const clock = (date: Date): string => format(new TZDate(date, timezone), "yyyy-MM-dd HH:mm");
  const columns: Column[] = [
    { title: "bucket" },
    ...groupBy.map((ref) => ({ title: ref })),
    ...outputs.flatMap((name): Column[] => [
      { title: outputs.length === 1 ? "was" : `${name} was`, align: "right" },
      { title: outputs.length === 1 ? "is" : `${name} is`, align: "right" },
    ]),
    { title: "late events", align: "right" },
    { title: "came" },
  ];
  const cells = (row: RevisionRow): string[] => [
    clock(row.start),
    ...groupBy.map((ref) => printable(String(row.group[ref]))),
    ...outputs.flatMap((name) => [showValue(row.before[name]), showValue(row.now[name])]),
    showNumber(row.events),
    row.events === 1 ? clock(row.firstAt) : `${clock(row.firstAt)} to ${clock(row.lastAt)}`,
  ];
  const rest = more ? "There are more: narrow the range, or raise --limit.\n" : "";
  return `${title}: ${plural(rows.length, "bucket")} changed after ${rows.length === 1 ? "it was" : "they were"} final\n\n${table(columns, rows.map(cells))}${rest}`;
}

function showValue(value: number | string | null | undefined): string {
  return typeof value === "string" ? printable(value) : showNumber(value ?? null);
}
