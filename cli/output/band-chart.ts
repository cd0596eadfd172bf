import { shortNumber } from "./numbers.ts";
import { pad } from "./table.ts";

/** A value with what was to be expected of it. */
export interface BandPoint {
  readonly value: number | null;
  /** The band; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** How the value is drawn: "●" as it is, "▲" and "▼" if it is above or below the band, "◌" if it is not whole, "○" if it is foretold. */
  readonly mark: "●" | "▲" | "▼" | "◌" | "○";
}

/** What stands beside the chart. */
export interface BandChartOptions {
  /** Columns there are to draw in. */
  readonly width: number;
  /** Names of the first and the last bucket. */
  readonly first: string;
  readonly last: string;
}

const AXIS = 8;
const HEIGHT = 10;
const LOUDNESS = ["●", "○", "◌", "▼", "▲"];

/** Draws values over their band, which is shaded. More buckets than columns are drawn some to a column: the loudest mark, the values' mean, the band's bounds. */
export function bandChart(points: readonly BandPoint[], { first, last, width }: BandChartOptions): string {
  const drawn = fold(points, Math.max(1, width - AXIS - 1));
  const numbers = drawn.flatMap(({ high, low, value }) => [value, low, high].filter((number) => number !== null));
  if (numbers.length === 0) return `${" ".repeat(AXIS)}│ no values\n`;
  const [bottom, top] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const levelOf = (number: number): number => (top === bottom ? 0 : Math.round(((number - bottom) / (top - bottom)) * (HEIGHT - 1)));
  const rows = Array.from({ length: HEIGHT }, (_, index) => {
    const level = HEIGHT - 1 - index;
    const cells = drawn.map(({ high, low, mark, value }) => {
      if (value !== null && levelOf(value) === level) return mark;
      return low !== null && high !== null && levelOf(low) <= level && level <= levelOf(high) ? "░" : " ";
    });
    const label = index === 0 ? shortNumber(top) : index === HEIGHT - 1 ? shortNumber(bottom) : "";
    return `${pad(label, AXIS - 1, "right")} ┤${cells.join("")}`.trimEnd();
  });
  const room = Math.max(1, drawn.length - first.length - last.length);
  const folded =
    points.length > drawn.length ? [`${" ".repeat(AXIS + 1)}each column is ${Math.ceil(points.length / drawn.length)} buckets`] : [];
  const lines = [
    ...rows,
    `${" ".repeat(AXIS)}└${"─".repeat(drawn.length)}`,
    `${" ".repeat(AXIS + 1)}${first}${" ".repeat(room)}${last}`,
    ...folded,
  ];
  return `${lines.join("\n")}\n`;
}

function fold(points: readonly BandPoint[], room: number): BandPoint[] {
  const size = Math.max(1, Math.ceil(points.length / room));
  // Few buckets are drawn wide, so that they can be told apart.
  const times = size === 1 ? Math.max(1, Math.min(3, Math.floor(room / Math.max(1, points.length)))) : 1;
  const columns = Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    together(points.slice(index * size, (index + 1) * size)),
  );
  if (times === 1) return columns;
  return columns.flatMap((point) => [point, ...Array.from({ length: times - 1 }, (): BandPoint => ({ ...point, value: null }))]);
}

function together(points: readonly BandPoint[]): BandPoint {
  const [only] = points;
  if (only && points.length === 1) return only;
  const numbers = (key: "value" | "low" | "high"): number[] => points.flatMap((point) => point[key] ?? []);
  const loud = points.reduce((most, { mark }) => Math.max(most, LOUDNESS.indexOf(mark)), 0);
  const loudest = points.find(({ mark }) => mark === LOUDNESS[loud]);
  const values = numbers("value");
  const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    value: loud >= LOUDNESS.indexOf("▼") ? (loudest?.value ?? mean) : mean,
    low: numbers("low").length === 0 ? null : Math.min(...numbers("low")),
    high: numbers("high").length === 0 ? null : Math.max(...numbers("high")),
    mark: loudest?.mark ?? "●",
  };
}
