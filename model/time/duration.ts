const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a length of time such as "500ms", "90s", "10m", "1h", "30d", "2w" (a day is 24 hours: no calendar is involved).
 * @returns milliseconds, or undefined if the text is none
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text);
  const unit = UNIT_MS[match?.[2] ?? ""];
  if (!match || unit === undefined) return undefined;
  const ms = Number(match[1]) * unit;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Milliseconds of a duration that `checkProject` has accepted. @throws RangeError if it is none */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`"${text}" is no duration: write a number and ms, s, m, h, d or w, as in "90s" or "30d".`);
  return ms;
}
