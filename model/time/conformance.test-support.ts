import { Temporal } from "temporal-polyfill";
import { oracleBuckets } from "../../tests/oracles/grid.ts";
import { randomFrom } from "../../tests/support/random.ts";
import { fixedGrainMs, grainOf, type Grain } from "./grain.ts";
import { gridEdges } from "./grid.ts";

/** GRID=full compares every zone of the runtime; else those with every oddity. */
export const isThorough = process.env["GRID"] === "full";

/** Every IANA zone that the runtime knows. */
export const ZONES: readonly string[] = Intl.supportedValuesOf("timeZone");

/** Zones with every oddity that the grid promises to get right. */
export const ODD_ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns", // changed at 00:01 until 2011: 23:01 follows midnight
  "America/Sao_Paulo", // skipped midnight until 2018
  "America/Havana", // repeats midnight
  "Africa/Casablanca", // summer time suspended for Ramadan
  "Antarctica/Troll", // two hours of summer time
  "Asia/Kathmandu", // 45 minutes
  "Australia/Lord_Howe", // half an hour of summer time
  "Pacific/Apia", // skipped 30 December 2011
  "Pacific/Chatham",
  "Pacific/Kiritimati", // 10 hours and 40 minutes behind until 1979
] as const;

/** Grains from a second to a year, and calendar units by the several. */
export const GRAINS = [
  "second",
  "10 seconds",
  "minute",
  "5 minutes",
  "15 minutes",
  "30 minutes",
  "hour",
  "2 hours",
  "6 hours",
  "12 hours",
  "day",
  "3 days",
  "week",
  "week from sunday",
  "2 weeks",
  "month",
  "2 months",
  "quarter",
  "year",
] as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far around a change a grain is looked at, in milliseconds. */
const REACH: Readonly<Record<Grain["unit"], number>> = {
  second: 3 * MINUTE,
  minute: 3 * HOUR,
  hour: 2 * DAY,
  day: 5 * DAY,
  week: 20 * DAY,
  month: 70 * DAY,
  quarter: 200 * DAY,
  year: 800 * DAY,
};

/** Moments at which a zone's clocks change, in milliseconds. */
export function changesOf(zone: string, fromYear: number, toYear: number): number[] {
  const changes: number[] = [];
  let next = Temporal.Instant.from(`${fromYear}-01-01T00:00:00Z`).toZonedDateTimeISO(zone).getTimeZoneTransition("next");
  for (; next && next.epochMilliseconds < Date.UTC(toYear, 0, 1); next = next.getTimeZoneTransition("next"))
    changes.push(next.epochMilliseconds);
  return changes;
}

/** How many edges were compared, and a sentence for each range in which they differ. */
export interface Differences {
  readonly edges: number;
  readonly sentences: readonly string[];
}

/** Compares the edges around a change of a clock. */
export function differences(zone: string, grain: string, change: number): Differences {
  return compare(zone, grain, ...windowAround(grain, zone, change));
}

/** How far around a change a grain is looked at: from where to where, in milliseconds. */
export function windowAround(grain: string, zone: string, change: number): [from: number, to: number] {
  const reach = REACH[grainOf(grain).unit] + tickOf(grain, zone);
  return [change - reach, change + reach];
}

/** The edges of a grain from `from` on and before `to`, by Temporal alone; in milliseconds, ends at whole ticks. */
export function edgesByTemporal(from: number, to: number, grain: string, zone: string): number[] {
  const parsed = grainOf(grain);
  const length = fixedGrainMs(parsed);
  if (length !== undefined) return clockEdges(from, to, length, tickOf(grain, zone), zone);
  const starts = oracleBuckets(from * 1_000, to * 1_000, grain, zone).map(({ start }) => start / 1_000);
  return starts.filter((start) => start >= from);
}

/** By looking at the clock at every tick and at every change: an edge is where it comes to a multiple of the grain, or has jumped over one. */
function clockEdges(from: number, to: number, length: number, tick: number, zone: string): number[] {
  const edges: number[] = [];
  let last = Math.floor((from - 1) / tick) * tick;
  let before = wallAt(last, zone);
  for (const time of ticksIn(last + tick, to, tick, zone)) {
    const wall = wallAt(time, zone);
    const due = Math.ceil((before + time - last) / length) * length;
    if (time >= from && (wall % length === 0 || due < wall)) edges.push(time);
    [before, last] = [wall, time];
  }
  return edges;
}

/** Whole ticks of time before `to`, and the moments at which the clock changes. */
function ticksIn(from: number, to: number, tick: number, zone: string): number[] {
  const ticks = new Set(Array.from({ length: Math.max(0, Math.ceil((to - from) / tick)) }, (_, index) => from + index * tick));
  let next = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone).getTimeZoneTransition("next");
  for (; next && next.epochMilliseconds < to; next = next.getTimeZoneTransition("next")) ticks.add(next.epochMilliseconds);
  return [...ticks].toSorted((a, b) => a - b);
}

/** Offsets of the zone that was asked about last: grains share their ticks. */
const offsets = { zone: "", known: new Map<number, number>() };

function wallAt(time: number, zone: string): number {
  if (offsets.zone !== zone) Object.assign(offsets, { zone, known: new Map<number, number>() });
  const known = offsets.known.get(time) ?? Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
  offsets.known.set(time, known);
  return time + known;
}

/**
 * Clocks of minutes and hours come to a multiple of the grain at one of these, in milliseconds: every offset since 1972 is a multiple of 15 minutes, but for that of Kiritimati until
 * 1979, which is one of 5.
 */
function tickOf(grain: string, zone: string): number {
  const length = fixedGrainMs(grainOf(grain)) ?? DAY;
  if (length < MINUTE) return Math.min(length, 1_000);
  const longest = zone === "Pacific/Kiritimati" ? 5 * MINUTE : 15 * MINUTE;
  return length % (5 * MINUTE) === 0 ? Math.min(length, longest) : MINUTE;
}

function compare(zone: string, grain: string, from: number, to: number): Differences {
  const ours = gridEdges({ from: from * 1_000, to: to * 1_000, grain: grainOf(grain), timezone: zone }).map((edge) => edge / 1_000);
  const inside = ours.filter((edge) => edge >= from && edge < to);
  const theirs = edgesByTemporal(from, to, grain, zone);
  const same = inside.length === theirs.length && inside.every((edge, index) => edge === theirs[index]);
  const range = `[${new Date(from).toISOString()}, ${new Date(to).toISOString()})`;
  return { edges: theirs.length, sentences: same ? [] : [`${zone}, ${grain}, ${range}`] };
}

/** Compares so many random ranges in each zone, between 1972 and 2100. */
export function randomRanges(zones: readonly string[], each: number): Differences & { readonly ranges: number } {
  const random = randomFrom(20_261_127);
  const sentences: string[] = [];
  let [edges, ranges] = [0, 0];
  for (const zone of zones) {
    for (let index = 0; index < each; index += 1) {
      const grain = GRAINS[Math.floor(random() * GRAINS.length)] ?? "day";
      const tick = tickOf(grain, zone);
      const earliest = Date.UTC(1972, 0, 10);
      const from = Math.floor((earliest + random() * (Date.UTC(2100, 0, 1) - earliest)) / tick) * tick;
      const found = compare(zone, grain, from, from + Math.ceil((random() * REACH[grainOf(grain).unit] * 0.5) / tick) * tick + tick);
      edges += found.edges;
      ranges += 1;
      sentences.push(...found.sentences);
    }
  }
  return { edges, ranges, sentences };
}
