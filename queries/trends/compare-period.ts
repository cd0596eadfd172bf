import {
  adviseName,
  type CalendarStep,
  fixedGrainMs,
  type Grain,
  momentOfWall,
  nominalStart,
  parseGrain,
  periodOf,
  stepWall,
  type TimeRange,
  wallTime,
} from "../../model/index.ts";
import { QueryError } from "../query-error.ts";

/** How another period lies to this one: where each of its buckets is called what, on the clocks of the zone. */
export interface Shift {
  readonly step: CalendarStep;
  /** The period compared with. Microseconds since 1970. */
  readonly range: TimeRange;
}

interface Grid {
  readonly grain: Grain;
  readonly grainText: string;
  readonly timezone: string;
  /** Edges of the range's buckets. */
  readonly edges: readonly number[];
}

const DAY_MS = 86_400_000;
const MONTHS: Partial<Readonly<Record<Grain["unit"], number>>> = { month: 1, quarter: 3, year: 12 };
const DAYS: Partial<Readonly<Record<Grain["unit"], number>>> = { day: 1, week: 7 };
const WORDS = ["previous", "day", "week", "month", "quarter", "year"];

/**
 * The period that a request compares with: its range moved back on the clocks of the zone, so that 10 o'clock is compared with 10 o'clock across a change of clocks.
 * @throws QueryError, one sentence, if there is no such period or its buckets do not fall on the grid
 */
export function resolveComparison(compare: string, range: TimeRange, grid: Grid): Shift {
  const step = compare === "previous" ? previousStep(range, grid) : agoStep(compare);
  if (compare !== "previous" && !isAligned(step, grid.grain)) {
    throw new QueryError(
      `Buckets of ${grid.grainText} do not fall on the same grid ${/^\d/.test(compare) ? compare : `a ${compare}`} ago: compare with "previous"${grid.grain.unit === "week" ? ', or with "52 weeks"' : ""}, or choose another grain.`,
    );
  }
  const move = (moment: number): number => momentOfWall(stepWall(boundary(moment, grid), step), grid.timezone);
  return { step, range: { from: move(range.from), to: move(range.to) } };
}

/** What the clocks show at an end of the range: at an edge what its bucket is called by, which may be a midnight that they jump over. */
function boundary(moment: number, { edges, grain, timezone }: Grid): number {
  return edges.includes(moment) ? nominalStart(moment, grain, timezone) : wallTime(moment, timezone);
}

function agoStep(compare: string): CalendarStep {
  const ago = parseGrain(compare);
  const months = ago && MONTHS[ago.unit];
  const days = ago && DAYS[ago.unit];
  if (ago && !ago.firstDay && months !== undefined) return { months: -months * ago.count };
  if (ago && !ago.firstDay && days !== undefined) return { days: -days * ago.count };
  const advice = adviseName(compare, WORDS, 'write "previous", "day", "week", "52 weeks", "month" or "year".');
  throw new QueryError(`There is no period ${JSON.stringify(compare)} to compare with: ${advice}`);
}

/** As far back as the range is long on the clocks, rounded up to whole buckets. */
function previousStep(range: TimeRange, grid: Grid): CalendarStep {
  const { grain } = grid;
  const [from, to] = [boundary(range.from, grid), boundary(range.to, grid)];
  const months = MONTHS[grain.unit];
  if (months === undefined) {
    const length = fixedGrainMs(grain) ?? (DAYS[grain.unit] ?? 1) * grain.count * DAY_MS;
    return { milliseconds: -Math.max(1, Math.ceil((to - from) / length)) * length };
  }
  const size = months * grain.count;
  let back = size;
  while (stepWall(from, { months: back }) < to) back += size;
  return { months: -back };
}

/** Whether a grid moved by a step falls on itself. */
function isAligned({ days = 0, months = 0 }: CalendarStep, grain: Grain): boolean {
  const length = fixedGrainMs(grain);
  if (length !== undefined) return DAY_MS % length === 0 || (months === 0 && (days * DAY_MS) % length === 0);
  const unit = MONTHS[grain.unit];
  if (unit !== undefined) return days === 0 && months % (unit * grain.count) === 0;
  const size = (DAYS[grain.unit] ?? 1) * grain.count;
  return months === 0 ? days % size === 0 : size === 1;
}

/**
 * For each bucket of the range the place of the one it is compared with: that which is called the same, a step away. Undefined where the other period has none: on 31 February, and in
 * an hour that clocks skip there. An hour that they repeat here is compared with that one hour both times.
 * @param starts starts of the range's buckets
 * @param others starts of the other period's buckets
 */
export function counterparts(
  starts: readonly number[],
  others: readonly number[],
  step: CalendarStep,
  grain: Grain,
  timezone: string,
): (number | undefined)[] {
  const places = new Map<number, number>();
  for (const [place, start] of others.entries()) {
    const name = nominalStart(start, grain, timezone);
    if (!places.has(name)) places.set(name, place);
  }
  return starts.map((start) => {
    const name = nominalStart(start, grain, timezone);
    const moved = stepWall(name, step);
    const sameDay = (step.months ?? 0) === 0 || new Date(moved).getUTCDate() === new Date(name).getUTCDate();
    return sameDay && periodOf(moved, grain) === moved ? places.get(moved) : undefined;
  });
}
