/**
 * The population stability index of two lists of values, from its definition: the sum over bins of (q - p) ln(q / p), p and q the shares of the bins with half a row added to each. A value that is null has a bin
 * of its own; bins without a value in either list do not count.
 * @param binOf names the bin of a value that is not null
 */
export function psiOracle<Value>(then: readonly (Value | null)[], now: readonly (Value | null)[], binOf: (value: Value) => string): number {
  const bins = [then, now].map((values) => values.map((value) => (value === null ? "no value" : `bin ${binOf(value)}`)));
  const names = [...new Set(bins.flat())];
  const share = (list: readonly string[] = [], name: string): number =>
    (list.filter((each) => each === name).length + 0.5) / (list.length + 0.5 * names.length);
  let psi = 0;
  for (const name of names) psi += (share(bins[1], name) - share(bins[0], name)) * Math.log(share(bins[1], name) / share(bins[0], name));
  return psi;
}
