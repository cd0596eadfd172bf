/** A scale on which the noise of a measure is about as strong everywhere, and the way back. */
export interface NoiseScale {
  readonly name: "plain" | "counts";
  readonly forward: (value: number) => number;
  readonly back: (value: number) => number;
  /** The least standard deviation that there can be. */
  readonly floor: number;
}

const PLAIN: NoiseScale = { name: "plain", forward: (value) => value, back: (value) => value, floor: 0 };

/**
 * Counts stray the more the greater they are, if only by chance (Poisson): `2 √(x + 3/8)` strays by 1 whatever x is, and no count is steadier than that. The way back is never below 0.
 * Source: F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948).
 */
const COUNTS: NoiseScale = {
  name: "counts",
  forward: (value) => 2 * Math.sqrt(Math.max(0, value) + 0.375),
  // Rounded, so that 4 there and back is 4.
  back: (value) => Number(Math.max(0, (Math.max(0, value) / 2) ** 2 - 0.375).toPrecision(12)),
  floor: 1,
};

/** The scale for a metric's values. @param counts whether they are numbers of events */
export function noiseScale(counts: boolean): NoiseScale {
  return counts ? COUNTS : PLAIN;
}
