import type { Metric } from "../../model/index.ts";
import type { TrendAnswer, TrendRow } from "../../queries/index.ts";
import { columnChart, sparkline, type BucketMark, type Series } from "./chart.ts";
import { bucketName, localTime } from "./local-time.ts";
import { plural, showColumn, showNumber } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** More series than this are not told apart in a table, nor more buckets read. */
const TABLE_SERIES = 6;
const TABLE_BUCKETS = 62;
const SHOWN_SERIES = 12;
const SPARK_WIDTH = 62;

/** What the view draws, besides the answer. */
export interface TrendViewOptions {
  /** The metric, if the project still has it: says whether its values add up to a total. */
  readonly metric: Metric | undefined;
  readonly chart: boolean;
  readonly table: boolean;
  /** Whether to say where the answer came from. */
  readonly source: boolean;
}

/** A bucket of the answer, with its name in the zone of the question. */
interface Bucket {
  readonly name: string;
  readonly mark: BucketMark;
  readonly partial: boolean;
}

/** A trend for reading: what it is, a chart, a table, and where it came from. */
export function trendView(answer: TrendAnswer, terminal: Pick<Terminal, "paint" | "width">, options: TrendViewOptions): string {
  const buckets = bucketsOf(answer);
  const series = seriesOf(answer);
  const adds = options.metric?.measure.kind === "count" || options.metric?.measure.kind === "sum";
  const parts = [heading(answer, buckets.length, terminal)];
  if (series.length === 0) parts.push("No events in this range.\n");
  else if (options.chart) parts.push(series.length === 1 ? oneChart(series, buckets, terminal.width) : sparklines(series, buckets, adds));
  if (options.table && series.length > 0) parts.push(valueTable(series, buckets));
  return [...parts, footer(answer, buckets, terminal, options.source)].join("\n");
}

function heading(answer: TrendAnswer, buckets: number, terminal: Pick<Terminal, "paint">): string {
  const { description, from, grain, groupBy, metric, timezone, to, unit } = answer;
  const by = groupBy.length > 0 ? ` by ${groupBy.join(", ")}` : "";
  const range = `${localTime(from, timezone)} to ${localTime(to, timezone)} ${timezone}`;
  const title = `${terminal.paint("bold", metric + by)}${unit === undefined ? "" : ` in ${unit}`}`;
  return `${title}   ${plural(buckets, "bucket")} of ${grain}, ${range}\n${description === undefined ? "" : `${description}\n`}`;
}

function oneChart([series]: readonly Series[], buckets: readonly Bucket[], width: number): string {
  if (!series) return "";
  return columnChart({ series, marks: buckets.map(({ mark }) => mark), buckets: buckets.map(({ name }) => name), width });
}

function sparklines(all: readonly Series[], buckets: readonly Bucket[], adds: boolean): string {
  const shown = [...all].sort((a, b) => weight(b) - weight(a)).slice(0, SHOWN_SERIES);
  const marks = buckets.map(({ mark }) => mark);
  const whole = buckets.findLastIndex(({ mark, partial }) => mark !== "open" && !partial);
  const known = shown.map(({ values }) => values.filter((value) => value !== null));
  const numbers = [
    ...(adds ? [{ title: "total", values: known.map((values) => values.reduce((total, value) => total + value, 0)) }] : []),
    { title: "most", values: known.map((values) => (values.length === 0 ? null : Math.max(...values))) },
    { title: "last whole", values: shown.map(({ values }) => values[whole] ?? null) },
  ].map(({ title, values }) => ({ title, cells: showColumn(values) }));
  const span = `${buckets[0]?.name ?? ""} → ${buckets.at(-1)?.name ?? ""}`;
  const rows = shown.map((series, index) => [
    series.label,
    sparkline(series, marks, SPARK_WIDTH),
    ...numbers.map(({ cells }) => cells[index] ?? ""),
  ]);
  const columns: Column[] = [{ title: "" }, { title: span }, ...numbers.map(({ title }) => ({ title, align: "right" as const }))];
  const rest = all.length - shown.length;
  return `${table(columns, rows)}${rest > 0 ? `… and ${plural(rest, "smaller series", "smaller series")}\n` : ""}`;
}

function weight({ values }: Series): number {
  return values.reduce<number>((total, value) => total + Math.abs(value ?? 0), 0);
}

function valueTable(series: readonly Series[], buckets: readonly Bucket[]): string {
  if (series.length > TABLE_SERIES || buckets.length > TABLE_BUCKETS) {
    return `${plural(buckets.length, "bucket")} of ${plural(series.length, "series", "series")}: --format csv lists them all.\n`;
  }
  const remarks = buckets.map(({ mark, partial }) => [...(mark === "final" ? [] : [mark]), ...(partial ? ["partial"] : [])].join(", "));
  const noted = remarks.some((remark) => remark !== "");
  const columns: Column[] = [{ title: "bucket" }, ...series.map(({ label }) => ({ title: label, align: "right" as const }))];
  const cells = series.map(({ values }) => showColumn(values));
  const rows = buckets.map(({ name }, index) => [
    name,
    ...cells.map((column) => column[index] ?? ""),
    ...(noted ? [remarks[index] ?? ""] : []),
  ]);
  return table(noted ? [...columns, { title: "" }] : columns, rows);
}

function footer({ source, watermark }: TrendAnswer, buckets: readonly Bucket[], terminal: Pick<Terminal, "paint">, shown: boolean): string {
  const lines: string[] = [];
  if (buckets.some(({ mark }) => mark === "open")) lines.push("░ open: not over, or not all of it is ingested");
  if (buckets.some(({ mark }) => mark === "provisional")) lines.push("▒ provisional: late events may still come");
  if (!shown) return lines.map((line) => `${terminal.paint("dim", line)}\n`).join("");
  lines.push(`from ${source.table}. ${source.why}`);
  const positions = Object.entries(watermark).map(([stream, { seq }]) => `${stream} ${showNumber(seq)}`);
  lines.push(`as of ${positions.join(", ") || "an empty log"}`);
  return `${lines.map((line) => terminal.paint("dim", line)).join("\n")}\n`;
}

/** Rows come by time, then by group: each distinct start is a bucket. */
function bucketsOf({ grain, rows, timezone }: TrendAnswer): Bucket[] {
  const firsts = new Map<number, TrendRow>();
  for (const row of rows) if (!firsts.has(row.start.getTime())) firsts.set(row.start.getTime(), row);
  return [...firsts.values()].map(({ partial, start, state }) => ({ name: bucketName(start, grain, timezone), mark: state, partial }));
}

function seriesOf({ metric, outputs, rows }: TrendAnswer): Series[] {
  const found = new Map<string, { label: string; values: (number | null)[] }>();
  for (const row of rows) {
    const group = Object.values(row.group).map((value) => (value === null ? "none" : String(value)));
    for (const output of outputs) {
      const words = outputs.length > 1 ? [...group, output] : group.length > 0 ? group : [metric];
      const key = JSON.stringify([Object.values(row.group), output]);
      const series = found.get(key) ?? { label: printable(words.join(" ")), values: [] };
      const value = row.values[output] ?? null;
      series.values.push(typeof value === "number" ? value : null);
      found.set(key, series);
    }
  }
  return [...found.values()];
}
