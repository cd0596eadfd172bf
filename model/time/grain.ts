/** Units a bucket can be made of. Seconds to hours are lengths of time; days and longer are calendar units in a zone. */
export type GrainUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

/** Days that a week can begin with, Monday first as in ISO 8601. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** The width of a bucket: `count` units. */
export interface Grain {
  readonly unit: GrainUnit;
  readonly count: number;
  /** Of weeks: the day that they begin with. Default: Monday. */
  readonly firstDay?: (typeof WEEKDAYS)[number];
}

const FIXED_MS: Partial<Readonly<Record<GrainUnit, number>>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };
const PATTERN = /^(?:(\d{1,6}) )?(second|minute|hour|day|week|month|quarter|year)s?(?: from (\w+))?$/;

/**
 * Reads a grain such as "minute", "5 minutes", "1 hour", "day", "week", "week from sunday", "month", "quarter", "year".
 * @returns undefined if the text is none
 */
export function parseGrain(text: string): Grain | undefined {
  const match = PATTERN.exec(text.trim());
  const count = Number(match?.[1] ?? 1);
  if (!match || count < 1) return undefined;
  const unit = match[2] as GrainUnit;
  if (match[3] === undefined) return { unit, count };
  const firstDay = WEEKDAYS.find((day) => day === match[3]);
  return unit === "week" && firstDay ? { unit, count, firstDay } : undefined;
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
