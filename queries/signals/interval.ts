/** Errors of back-tests: of each origin, for each step ahead; undefined where there is none. */
export type ErrorRows = readonly (readonly (number | undefined)[])[];

/**
 * Half the width of the interval at each step ahead: so much that of the back-tests' errors the wanted share lies within. With n errors it is the `⌈(n + 1) · level⌉`-th smallest of their sizes,
 * which holds the next value with the probability `level` at least, if errors to come are like those of the past, whatever their distribution: split conformal prediction (Lei et al.,
 * "Distribution-Free Predictive Inference for Regression", 2018). It never narrows with the steps.
 * @returns null at a step for which there are too few errors
 */
export function halfWidths(errors: ErrorRows, horizon: number, level: number): (number | null)[] {
  let widest: number | null = null;
  return Array.from({ length: horizon }, (_, step) => {
    const sizes = errors.flatMap((row) => (row[step] === undefined ? [] : [Math.abs(row[step])])).sort((a, b) => a - b);
    // 0.9 · 10 is 9.000000000000002 to a computer that adds; a billionth less is the same place.
    const width = sizes[Math.ceil((sizes.length + 1) * level - 1e-9) - 1];
    if (width === undefined) return null;
    widest = Math.max(widest ?? 0, width);
    return widest;
  });
}

/**
 * Share of the back-tests' errors that lie in the interval which the other half of the back-tests gives (odd and even ones): what the interval is worth on values that it has not seen.
 * @returns null if a half is too few for an interval
 */
export function coverage(errors: ErrorRows, horizon: number, level: number): number | null {
  const halves = [0, 1].map((half) => errors.filter((_, index) => index % 2 === half));
  const hits = halves.flatMap((half, index) => {
    const widths = halfWidths(halves[1 - index] ?? [], horizon, level);
    return half.flatMap((row) =>
      row.flatMap((error, step) => {
        const width = widths[step] ?? null;
        return error === undefined || width === null ? [] : [Math.abs(error) <= width];
      }),
    );
  });
  return hits.length === 0 ? null : hits.filter(Boolean).length / hits.length;
}
