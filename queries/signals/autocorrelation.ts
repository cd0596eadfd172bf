/** Values by place, undefined where there is none. */
export type Sparse = readonly (number | undefined)[];

/** Values that stray around 0, made ready to be compared with themselves. */
export interface Wave {
  /** 0 where there is none. */
  readonly values: Float64Array;
  /** 1 where there is one; undefined = everywhere. */
  readonly known: Float64Array | undefined;
  /** Mean square of the values that there are. */
  readonly variance: number;
}

/** @param far values are clipped to ± this */
export function waveOf(sparse: Sparse, far: number): Wave {
  const values = Float64Array.from(sparse, (value) => Math.max(-far, Math.min(far, value ?? 0)));
  const known = Float64Array.from(sparse, (value) => (value === undefined ? 0 : 1));
  const count = sum(known);
  return { values, known: count === values.length ? undefined : known, variance: product(values, values, 0) / Math.max(1, count) };
}

/** How alike values are that lie some places apart. */
export interface Likeness {
  /** The mean of their products as a share of the variance: 1 = the same again, 0 = nothing to do with each other. */
  readonly value: number;
  /** Pairs of known values that this is the mean of. */
  readonly pairs: number;
}

/** The autocorrelation at a lag. */
export function autocorrelation(wave: Wave, lag: number): Likeness {
  return pooled(wave, lag, 1);
}

/** The autocorrelation at a lag and its multiples up to so many, each pair of values with the same weight. */
export function pooled({ known, values, variance }: Wave, lag: number, times: number): Likeness {
  let [total, pairs] = [0, 0];
  for (let count = 1; count <= times && count * lag < values.length; count += 1) {
    total += product(values, values, count * lag);
    pairs += known ? product(known, known, count * lag) : values.length - count * lag;
  }
  return { value: pairs > 0 && variance > 0 ? total / pairs / variance : 0, pairs };
}

function product(one: Float64Array, other: Float64Array, lag: number): number {
  let total = 0;
  for (let index = lag; index < other.length; index += 1) total += (one[index - lag] ?? 0) * (other[index] ?? 0);
  return total;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
