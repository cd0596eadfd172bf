import { randomFrom } from "../../tests/support/random.ts";
import type { SignalPoint } from "./signal-series.ts";

const HOUR = 3_600_000;

/** Buckets of so many hours from a moment on, one for each value; all final. */
export function hours(from: string, values: readonly (number | null)[], length = 1): SignalPoint[] {
  const first = Date.parse(from);
  return values.map((value, index) => ({
    start: new Date(first + index * length * HOUR),
    end: new Date(first + (index + 1) * length * HOUR),
    state: "final",
    partial: false,
    value,
  }));
}

/** Noise of the standard normal distribution that a seed repeats: Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958). */
export function noise(seed: number, count: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
