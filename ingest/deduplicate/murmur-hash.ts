const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/**
 * MurmurHash3_x86_128: 128 bits, well spread, not cryptographic. In JavaScript it is the fast one of the family: 32-bit products by `Math.imul`.
 * Source: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (public domain)
 * @param words the bytes, four to a word, the first in the low bits; from `length` to the next multiple of 16 they must be 0
 * @param length in bytes
 * @param out takes the four words of the hash
 */
export function murmurHash(words: Int32Array, length: number, seed: number, out: Int32Array): void {
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  const whole = (length >>> 4) << 2;
  for (let at = 0; at < whole; at += 4) {
    h1 = (Math.imul(rotate(h1 ^ scramble(words[at] ?? 0, C1, 15, C2), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble(words[at + 1] ?? 0, C2, 16, C3), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble(words[at + 2] ?? 0, C3, 17, C4), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble(words[at + 3] ?? 0, C4, 18, C1), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  if ((length & 15) > 0) {
    // A word of 0 scrambles to 0, so that the zeros behind the end change nothing, as the source has it.
    h1 ^= scramble(words[whole] ?? 0, C1, 15, C2);
    h2 ^= scramble(words[whole + 1] ?? 0, C2, 16, C3);
    h3 ^= scramble(words[whole + 2] ?? 0, C3, 17, C4);
    h4 ^= scramble(words[whole + 3] ?? 0, C4, 18, C1);
  }
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = ((h1 ^ length) + h2 + h3 + h4) | 0;
  h2 = mix(h2 + h1);
  h3 = mix(h3 + h1);
  h4 = mix(h4 + h1);
  h1 = (mix(h1) + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

function scramble(word: number, before: number, bits: number, after: number): number {
  const product = Math.imul(word, before);
  return Math.imul((product << bits) | (product >>> (32 - bits)), after);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function mix(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
