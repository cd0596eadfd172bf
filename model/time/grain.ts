/** Units a bucket can be made of. Seconds to hours are lengths of time; days and longer are calendar units in a zone. */
export type GrainUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

/** The width of a bucket: `count` units. */
export interface Grain {
  readonly unit: GrainUnit;
  readonly count: number;
}

const FIXED_MS: Partial<Readonly<Record<GrainUnit, number>>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };
const PATTERN = /^(?:(\d{1,6}) )?(second|minute|hour|day|week|month|quarter|year)s?$/;

/**
 * Reads a grain such as "minute", "5 minutes", "1 hour", "day", "week", "month", "quarter", "year".
 * @returns undefined if the text is none
 */
export function parseGrain(text: string): Grain | undefined {
  const match = PATTERN.exec(text.trim());
  const count = Number(match?.[1] ?? 1);
  if (!match || count < 1) return undefined;
  return { unit: match[2] as GrainUnit, count };
}

/** Length of a grain in milliseconds where it has one: undefined for calendar units, whose length varies. */
export function fixedGrainMs(grain: Grain): number | undefined {
  const unit = FIXED_MS[grain.unit];
  return unit === undefined ? undefined : unit * grain.count;
}

/** A grain that `checkProject` has accepted. @throws RangeError if the text is none */
export function grainOf(text: string): Grain {
  const grain = parseGrain(text);
  if (!grain)
    throw new RangeError(`"${text}" is no grain: write "minute", "5 minutes", "hour", "day", "week", "month", "quarter" or "year".`);
  return grain;
}
