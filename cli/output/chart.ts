import { shortNumber } from "./numbers.ts";
import { pad } from "./table.ts";

/** How much is known of a bucket; a chart never draws what may still grow as if it were whole. */
export type BucketMark = "final" | "provisional" | "open";

/** One line of values; null = nothing known in the bucket. */
export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** Values of buckets to draw. */
export interface ChartInput {
  readonly series: Series;
  readonly marks: readonly BucketMark[];
  /** Names of the buckets, for the axis. */
  readonly buckets: readonly string[];
  /** Columns there are to draw in. */
  readonly width: number;
  /** Values of another period, drawn as a line across the columns. */
  readonly beside?: readonly (number | null)[];
}

const EIGHTHS = " ▁▂▃▄▅▆▇█";
const AXIS = 8;
const HEIGHT = 8;

/**
 * Draws one series as columns with an axis. Buckets that are not final are hatched ("▒"). More buckets than columns are
 * drawn `n` to a column, at their mean. Values below zero are drawn as dots. Another period is a line ("─"), which cuts columns that are taller ("▓").
 */
export function columnChart(input: ChartInput): string {
  const drawn = fold(input, input.width - AXIS - 1);
  const other = input.beside ? fold({ ...input, series: { label: "", values: input.beside } }, input.width - AXIS - 1).values : [];
  const known = [...drawn.values, ...other].filter((value) => value !== null);
  const top = Math.max(...known, 0);
  const bottom = Math.min(...known, 0);
  if (known.length === 0 || top === bottom) return `${" ".repeat(AXIS)}│ ${known.length === 0 ? "no values" : "all 0"}\n`;
  const scale = { top, bottom, dots: bottom < 0 };
  const rows = Array.from({ length: HEIGHT }, (_, index) => {
    const level = HEIGHT - 1 - index;
    const cells = drawn.values.map((value, column) => {
      return crossed(cell(value, level, drawn.marks[column] ?? "final", scale), other[column] ?? null, level, scale);
    });
    const label = index === 0 ? shortNumber(top) : index === HEIGHT - 1 ? shortNumber(bottom) : "";
    return `${pad(label, AXIS - 1, "right")} ┤${cells.map((character) => character.repeat(drawn.bar) + drawn.gap).join("")}`.trimEnd();
  });
  const note = drawn.perColumn > 1 ? [`${" ".repeat(AXIS + 1)}each column is the mean of ${drawn.perColumn} buckets`] : [];
  return `${[...rows, axisLine(drawn), labelLine(input.buckets, drawn), ...note].join("\n")}\n`;
}

/** Draws a series in one line of text, from 0 (or its least value, if that is below) to its greatest; what is open is drawn as "░", what is unknown as " ". */
export function sparkline(series: Series, marks: readonly BucketMark[], width: number): string {
  const { values, marks: kept } = fold({ series, marks, buckets: [], width }, width, 1);
  const known = series.values.filter((value) => value !== null);
  const [least, most] = [Math.min(0, ...known), Math.max(0, ...known)];
  return values
    .map((value, index) => {
      if (value === null) return " ";
      if (kept[index] === "open") return "░";
      const share = most === least ? 0 : (value - least) / (most - least);
      return EIGHTHS[1 + Math.round(share * 7)] ?? " ";
    })
    .join("");
}

/** Values as they are drawn: some buckets to a column, some characters to a bar. */
interface Drawn {
  readonly values: readonly (number | null)[];
  readonly marks: readonly BucketMark[];
  readonly perColumn: number;
  readonly bar: number;
  readonly gap: string;
}

function fold({ series, marks }: ChartInput, room: number, widest = 5): Drawn {
  const perColumn = Math.max(1, Math.ceil(series.values.length / Math.max(1, room)));
  const columns = Math.ceil(series.values.length / perColumn);
  const pitch = Math.min(widest, Math.max(1, Math.floor(room / Math.max(1, columns))));
  const starts = Array.from({ length: columns }, (_, index) => index * perColumn);
  return {
    values: starts.map((start) => mean(series.values.slice(start, start + perColumn))),
    marks: starts.map((start) => leastKnown(marks.slice(start, start + perColumn))),
    perColumn,
    bar: Math.max(1, pitch - 1),
    gap: pitch > 1 ? " " : "",
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0) / known.length;
}

function leastKnown(marks: readonly BucketMark[]): BucketMark {
  if (marks.includes("open")) return "open";
  return marks.includes("provisional") ? "provisional" : "final";
}

function cell(value: number | null, level: number, mark: BucketMark, scale: { top: number; bottom: number; dots: boolean }): string {
  if (value === null) return " ";
  const eighths = Math.round(((value - scale.bottom) / (scale.top - scale.bottom)) * HEIGHT * 8);
  if (scale.dots) return Math.min(HEIGHT - 1, Math.floor(eighths / 8)) === level ? "•" : " ";
  const filled = Math.min(8, Math.max(0, eighths - level * 8));
  // The least value above nothing is drawn as a thin line: it must not look like none.
  const shown = level === 0 && value > 0 ? Math.max(1, filled) : filled;
  if (shown === 0 || mark === "final") return EIGHTHS[shown] ?? " ";
  return mark === "open" ? "░" : "▒";
}

/** A cell with the line of another period through it, where that passes. */
function crossed(character: string, other: number | null, level: number, { bottom, top }: { top: number; bottom: number }): string {
  if (other === null) return character;
  const row = Math.min(HEIGHT - 1, Math.floor(((other - bottom) / (top - bottom)) * HEIGHT));
  if (row !== level) return character;
  if (character === " ") return "─";
  return character === "•" ? character : "▓";
}

function axisLine(drawn: Drawn): string {
  return `${" ".repeat(AXIS)}└${"─".repeat(drawn.values.length * (drawn.bar + drawn.gap.length))}`;
}

/** The first bucket's name to the left, the last one's to the right, and the middle one's between where there is room. */
function labelLine(buckets: readonly string[], drawn: Drawn): string {
  const width = drawn.values.length * (drawn.bar + drawn.gap.length);
  const first = buckets[0] ?? "";
  const final = buckets.length > 1 ? (buckets.at(-1) ?? "") : "";
  const middle = buckets[Math.floor(buckets.length / 2)] ?? "";
  const room = width - first.length - final.length;
  if (room < 1) return `${" ".repeat(AXIS + 1)}${first}`;
  if (buckets.length < 5 || room < middle.length + 4) return `${" ".repeat(AXIS + 1)}${first}${" ".repeat(room)}${final}`;
  const at = Math.max(first.length + 2, Math.round((Math.floor(buckets.length / 2) / buckets.length) * width));
  const before = at - first.length;
  return `${" ".repeat(AXIS + 1)}${first}${" ".repeat(before)}${middle}${" ".repeat(Math.max(1, room - before - middle.length))}${final}`;
}
