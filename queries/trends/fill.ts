import type { Cell } from "./series.ts";
import type { TrendValue } from "./trend-answer.ts";
import type { Fill } from "./trend-request.ts";

/**
 * Closes the gaps of one series: a bucket without events, and a value that its events did not have.
 * @param starts starts of the buckets, ascending; the line between two values runs over them
 * @param fill undefined = what the measure shows without events, where there were none
 */
export function fillGaps(cells: readonly Cell[], starts: readonly number[], fill: Fill | undefined, empty: 0 | null): TrendValue[] {
  switch (fill) {
    case undefined:
      return cells.map((cell) => (cell === undefined ? empty : cell));
    case "none":
      return cells.map((cell) => cell ?? null);
    case "zero":
      return cells.map((cell) => cell ?? 0);
    case "previous":
      return carryOn(cells);
    case "linear":
      return drawLines(cells, starts);
    default:
      return fill satisfies never;
  }
}

function carryOn(cells: readonly Cell[]): TrendValue[] {
  let previous: TrendValue = null;
  return cells.map((cell) => (previous = cell ?? previous));
}

function drawLines(cells: readonly Cell[], starts: readonly number[]): TrendValue[] {
  const filled = cells.map((cell) => cell ?? null);
  const known = filled.flatMap((value, place) => (typeof value === "number" ? [{ place, value, start: starts[place] ?? 0 }] : []));
  for (const [index, right] of known.entries()) {
    const left = known[index - 1];
    if (!left) continue;
    const [rise, run] = [right.value - left.value, right.start - left.start];
    for (let place = left.place + 1; place < right.place; place += 1) {
      filled[place] = left.value + (rise * ((starts[place] ?? 0) - left.start)) / run;
    }
  }
  return filled;
}
