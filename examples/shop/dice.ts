/** Scrambles 32 bits: `fmix32` of MurmurHash3 (Austin Appleby, public domain, https://github.com/aappleby/smhasher). */
export function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A 32-bit hash of whole numbers, each taken modulo 2^32. */
export function hash(a: number, b: number, c: number): number {
  return mix(mix(mix(a ^ 0x9e3779b9) + b) + Math.imul(c, 0x9e3779b1));
}

/**
 * A sequence of pseudo-random numbers that depends on its three seeds only, so any session can be drawn alone, in any order, anywhere.
 * SplitMix (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) on 32 bits: a counter with a step of its own,
 * scrambled. About 5 ns a draw.
 */
export class Dice {
  #state: number;
  readonly #step: number;

  constructor(a: number, b: number, c: number) {
    this.#state = hash(a, b, c);
    this.#step = mix(this.#state ^ hash(c, a, b)) | 1;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + this.#step) | 0;
    return (mix(this.#state) >>> 0) / 4_294_967_296;
  }

  /** True in a share `p` of all draws. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** One of the items, each as likely as the others. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** One of the items, as likely as its weight. */
  weigh<T>({ items, total }: Weighted<T>): T {
    let left = this.next() * total;
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return items[0][0];
  }
}

type Items<T> = readonly [readonly [T, number], ...(readonly [T, number])[]];

/** Items to choose from, each with its weight. */
interface Weighted<T> {
  readonly items: Items<T>;
  readonly total: number;
}

/** Items for {@link Dice.weigh}; the weights may have any sum. */
export function weighted<T>(...items: Items<T>): Weighted<T> {
  return { items, total: items.reduce((sum, [, weight]) => sum + weight, 0) };
}
