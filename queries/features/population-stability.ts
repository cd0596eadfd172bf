/** How far one distribution has moved from another over the same bins. */
export interface PopulationStability {
  /** The index: 0 = the same shares in every bin. */
  readonly psi: number;
  /** What the index of as many independent rows drawn from the first distribution exceeds one time in a hundred. */
  readonly chance: number;
}

/** Added to the count of each bin, so that a bin that one side has empty is a large change and not an infinite one. */
const SMOOTHING = 0.5;
/** Of the standard normal distribution, at 99 %. */
const Z_99 = 2.326_348;

/**
 * The population stability index over counts in the same bins, `sum((q - p) * ln(q / p))` with p and q the shares of a bin then and now: the symmetric Kullback–Leibler divergence (Jeffreys 1946), as used
 * to watch scorecards (Siddiqi, Credit Risk Scorecards, 2006). Half a row is added to each bin on both sides (Jeffreys' prior); bins that are empty on both say nothing and are left out.
 *
 * Rows drawn from the same distribution have an index too: divided by `1/n + 1/m` it follows a chi-squared distribution with one degree of freedom less than there are bins
 * (Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation 14(4), 2020). `chance` is its 99th percentile; rows of the same entity are less than independent, so theirs is more.
 * @param then counts by bin, as long as `now`
 */
export function populationStability(then: readonly number[], now: readonly number[]): PopulationStability {
  const pairs = then.map((count, bin) => [count, now[bin] ?? 0] as const).filter(([before, after]) => before + after > 0);
  const [rowsThen, rowsNow] = [sum(pairs.map(([before]) => before)), sum(pairs.map(([, after]) => after))];
  const [allThen, allNow] = [rowsThen, rowsNow].map((rows) => rows + SMOOTHING * pairs.length) as [number, number];
  const terms = pairs.map(([before, after]) => {
    const [p, q] = [(before + SMOOTHING) / allThen, (after + SMOOTHING) / allNow];
    return (q - p) * Math.log(q / p);
  });
  return { psi: sum(terms), chance: chiSquared99(pairs.length - 1) * (1 / rowsThen + 1 / rowsNow) };
}

/** The 99th percentile of chi-squared, by the cube of a normal variable (Wilson and Hilferty 1931): within 1 % from three degrees of freedom on, 4 % of one. */
function chiSquared99(degrees: number): number {
  if (degrees < 1) return 0;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + Z_99 * Math.sqrt(spread)) ** 3;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
