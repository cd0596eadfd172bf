import type { NamedBucket } from "./bucket-names.ts";
import { plural, showColumn, showPercent } from "./numbers.ts";
import { table, type Column } from "./table.ts";
import type { TrendLine } from "./trend-lines.ts";

/** More columns than this are not told apart, nor more buckets read. */
const MOST_COLUMNS = 6;
const MOST_BUCKETS = 62;

/** A column of the table, with what stands in its last row. */
interface Cells {
  readonly title: string;
  readonly cells: readonly string[];
  readonly total: string;
}

/**
 * The values of a trend, a row for each bucket.
 * @param totals whether the last row holds the whole range
 */
export function trendTable(
  lines: readonly TrendLine[],
  buckets: readonly NamedBucket[],
  period: string | undefined,
  totals: boolean,
): string {
  const columns = lines.flatMap((line) => columnsOf(line, lines.length === 1, period));
  if (columns.length > MOST_COLUMNS || buckets.length > MOST_BUCKETS) {
    return `${plural(buckets.length, "bucket")} of ${plural(lines.length, "series", "series")}: --format csv lists them all.\n`;
  }
  const remarks = buckets.map(({ mark, partial }) => [...(mark === "final" ? [] : [mark]), ...(partial ? ["partial"] : [])].join(", "));
  const noted = remarks.some((remark) => remark !== "");
  const titles: Column[] = [{ title: "bucket" }, ...columns.map(({ title }) => ({ title, align: "right" as const }))];
  const rows = buckets.map(({ name }, index) => [
    name,
    ...columns.map(({ cells }) => cells[index] ?? ""),
    ...(noted ? [remarks[index] ?? ""] : []),
  ]);
  const whole = totals && buckets.length > 1 ? [["whole range", ...columns.map(({ total }) => total)]] : [];
  return table(noted ? [...titles, { title: "" }] : titles, [...rows, ...whole]);
}

/** A line's values; with a comparison those of the other period if there is room, and the growth. */
function columnsOf(line: TrendLine, alone: boolean, period: string | undefined): Cells[] {
  const { growth, label, others } = line;
  const values = columnOf(label, line.values, line.total);
  if (!others || !growth || period === undefined) return [values];
  const other = columnOf(periodName(period), others, line.otherTotal);
  const change: Cells = { title: alone ? "change" : "±", cells: growth.map(showPercent), total: showPercent(line.totalGrowth) };
  return alone ? [values, other, change] : [values, change];
}

function columnOf(title: string, values: readonly (number | null)[], total: number | null): Cells {
  const cells = showColumn([...values, total]);
  return { title, cells: cells.slice(0, -1), total: cells.at(-1) ?? "" };
}

/** "a week ago" for "week", "52 weeks ago", "previous". */
export function periodName(period: string): string {
  if (period === "previous") return "previous";
  return /^\d/.test(period) ? `${period} ago` : `a ${period} ago`;
}
