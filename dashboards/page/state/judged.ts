/** What is said of a number that can be bad. */
export const VERDICTS = { good: "good", warning: "watch it", bad: "bad" } as const;
export type Verdict = keyof typeof VERDICTS;

/** Judges a number by where the warning and the bad begin; undefined where nothing is bad, or there is no number. If the first is the greater one, low is what is bad. */
export function judged(value: unknown, bad: readonly [warning: number, bad: number] | undefined): Verdict | undefined {
  if (bad === undefined || typeof value !== "number") return undefined;
  const [warning, worst] = bad;
  const isLow = warning > worst;
  const reaches = (limit: number): boolean => (isLow ? value < limit : value >= limit);
  if (reaches(worst)) return "bad";
  return reaches(warning) ? "warning" : "good";
}
