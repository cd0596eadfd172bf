import type { TrendAnswer, Transform, Window } from "../../queries/index.ts";
import { namedBuckets, type NamedBucket } from "./bucket-names.ts";
import { positionLine } from "./answer-lines.ts";
import { columnChart } from "./chart.ts";
import { localTime } from "./local-time.ts";
import { plural } from "./numbers.ts";
import type { Terminal } from "./terminal.ts";
import { trendLines, type TrendLine } from "./trend-lines.ts";
import { trendSparklines } from "./trend-sparklines.ts";
import { periodName, trendTable } from "./trend-table.ts";

/** What the view draws, besides the answer. */
export interface TrendViewOptions {
  readonly chart: boolean;
  readonly table: boolean;
  /** Whether to say where the answer came from. */
  readonly source: boolean;
}

/** A trend for reading: what it is, a chart, a table, and where it came from. */
export function trendView(answer: TrendAnswer, terminal: Pick<Terminal, "paint" | "width">, options: TrendViewOptions): string {
  const buckets = namedBuckets(answer);
  const lines = trendLines(answer);
  const period = answer.comparedWith?.period;
  const parts = [heading(answer, buckets.length, terminal)];
  if (lines.length === 0) parts.push("No events in this range.\n");
  else if (options.chart)
    parts.push(lines.length === 1 ? oneChart(lines, buckets, terminal.width) : trendSparklines(lines, buckets, period));
  // A window or a transformation makes of the values what a total over the range cannot be compared with.
  const totals = answer.window === undefined && answer.transform === undefined;
  if (options.table && lines.length > 0) parts.push(trendTable(lines, buckets, period, totals));
  return [...parts, footer(answer, legend(answer, lines, buckets, options), terminal, options.source)].join("\n");
}

function heading(answer: TrendAnswer, buckets: number, terminal: Pick<Terminal, "paint">): string {
  const { comparedWith, from, grain, groupBy, metrics, timezone, to } = answer;
  const by = groupBy.length > 0 ? ` by ${groupBy.join(", ")}` : "";
  const range = `${localTime(from, timezone)} to ${localTime(to, timezone)} ${timezone}`;
  const names = metrics.map(({ name, unit }) => `${terminal.paint("bold", name)}${unit === undefined ? "" : ` in ${unit}`}`);
  const lines = [
    `${names.join(", ")}${terminal.paint("bold", by)}   ${plural(buckets, "bucket")} of ${grain}, ${range}`,
    ...(comparedWith
      ? [`beside ${periodName(comparedWith.period)}: ${localTime(comparedWith.from, timezone)} to ${localTime(comparedWith.to, timezone)}`]
      : []),
    ...made(answer),
    ...metrics.flatMap(({ description, name }) =>
      description === undefined ? [] : [metrics.length > 1 ? `${name}: ${description}` : description],
    ),
  ];
  return `${lines.join("\n")}\n`;
}

const TRANSFORMS: Readonly<Record<Transform, string>> = {
  difference: "its difference to the bucket before",
  growth: "its growth since the bucket before",
  rate: "its rate per second",
};

/** What the values are, where they are not what is measured in the bucket alone. */
function made({ transform, window }: TrendAnswer): string[] {
  const words = [...(window ? [windowWords(window)] : []), ...(transform ? [TRANSFORMS[transform]] : [])];
  return words.length === 0 ? [] : [`each value: ${words.join(", ")}`];
}

function windowWords(window: Window): string {
  if (window.kind === "cumulative") return "all of the range so far";
  return window.kind === "average" ? `the mean of the last ${window.buckets} buckets` : `the last ${window.buckets} buckets together`;
}

function oneChart([line]: readonly TrendLine[], buckets: readonly NamedBucket[], width: number): string {
  if (!line) return "";
  const marks = buckets.map(({ mark }) => mark);
  return columnChart({
    series: line,
    marks,
    buckets: buckets.map(({ name }) => name),
    width,
    ...(line.others ? { beside: line.others } : {}),
  });
}

/** What the signs mean that were drawn. */
function legend(
  { comparedWith }: TrendAnswer,
  lines: readonly TrendLine[],
  buckets: readonly NamedBucket[],
  { chart }: TrendViewOptions,
): string[] {
  const isOpen = buckets.some(({ mark }) => mark === "open");
  return [
    ...(comparedWith && chart && lines.length === 1 ? [`─ ▓ ${periodName(comparedWith.period)}`] : []),
    ...(isOpen ? ["░ open: not over, or not all of it is ingested"] : []),
    ...(isOpen && comparedWith ? ["– no change is stated of what is open"] : []),
    ...(buckets.some(({ mark }) => mark === "provisional") ? ["▒ provisional: late events may still come"] : []),
  ];
}

function footer(answer: TrendAnswer, signs: readonly string[], terminal: Pick<Terminal, "paint">, shown: boolean): string {
  const lines = [...signs, ...(shown ? provenance(answer) : [])];
  return lines.map((line) => `${terminal.paint("dim", line)}\n`).join("");
}

/** Where the numbers came from: tables that were chosen for the same reason in one line. */
function provenance({ sources, watermark }: TrendAnswer): string[] {
  const reasons = [...new Set(sources.map(({ why }) => why))];
  const from = reasons.map((why) => {
    const tables = sources.filter((source) => source.why === why).map(({ table }) => table);
    return `from ${[...new Set(tables)].join(", ")}. ${why}`;
  });
  return [...from, positionLine(watermark)];
}
