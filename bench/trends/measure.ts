/** Milliseconds of each asking, by what was asked; in turns, so that what else the machine does meets all alike. */
export async function measureInTurns(
  rounds: number,
  asked: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(asked).map((name) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const [name, ask] of Object.entries(asked)) {
      const start = performance.now();
      await ask();
      if (round >= 0) times[name]?.push(performance.now() - start);
    }
  }
  return times;
}

/** Rounds that are left out: connections are opened, code is compiled, files are read for the first time. */
const WARM_UP = 3;

/** The smallest of the values that so large a share of them does not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
