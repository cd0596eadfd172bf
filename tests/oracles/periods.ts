/**
 * The period of a series by epoch folding, as astronomers look for pulsars: for every length, how much of the variance lies between the places of a cycle, adjusted for how many there are (the analysis of variance's
 * ε², Kelley 1935). No autocorrelation, no levels, no test: the shortest length that is nearly as good as the best.
 * Where it is another for another `nearly`, the pattern itself is nearly of a shorter period.
 * @param values without slope or shift
 * @param longest length to be tried
 * @param nearly so far below the best share of the variance
 */
export function foldedPeriod(
  values: readonly number[],
  longest: number,
  nearly: number,
): { readonly places: number; readonly share: number } {
  const tried = Array.from({ length: longest - 1 }, (_, index) => ({ places: index + 2, share: shareBetween(values, index + 2) }));
  const best = Math.max(...tried.map(({ share }) => share));
  return tried.find(({ share }) => share >= best - nearly)!;
}

function shareBetween(values: readonly number[], places: number): number {
  let within = 0;
  for (let phase = 0; phase < places; phase += 1) within += squares(values.filter((_, index) => index % places === phase));
  return 1 - within / (values.length - places) / (squares(values) / (values.length - 1));
}

function squares(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0);
}
