import type { ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, expandFeatures, type EventDefinition, type FeatureSet, type TimeRange, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns } from "./feature-columns.ts";
import { entityParts } from "./online-statement.ts";

/** A moment of the past, and whom to ask about then. */
export interface SampledMoment {
  /** T, microseconds since 1970. */
  readonly at: number;
  /** The parts of each entity, by the names of the set's columns. */
  readonly entities: readonly Readonly<Record<string, string>>[];
}

/** Which pairs of entity and moment to look at. */
export interface SampleRequest {
  readonly set: FeatureSet;
  readonly range: TimeRange;
  readonly asOf: Watermark;
  /** Pairs wanted. */
  readonly pairs: number;
  readonly seed: number;
}

/** An online answer is about one moment: so many are asked for at most. */
const MOST_MOMENTS = 50;

interface Drawn {
  readonly who: readonly string[];
  readonly time: string;
  readonly known: string;
  readonly dice: string;
}

/**
 * Draws pairs of entity and moment from the events of a range, by a hash of their ids and of the seed: entities as often as they have events, moments where values change. A quarter each lie at
 * the time of an event, when one becomes known, and when one leaves a window; the others anywhere after one.
 * @returns none if the range has no events that any feature counts
 */
export async function paritySample(clickhouse: ClickHouse, request: SampleRequest): Promise<readonly SampledMoment[]> {
  const { pairs, range, set } = request;
  const drawn = await drawEvents(clickhouse, request);
  const moments = Math.min(MOST_MOMENTS, Math.ceil(Math.sqrt(pairs)), drawn.length);
  const reaches = countedColumns(featureColumns(set)).map(({ reach }) => reach);
  const names = entityColumns(set).map(({ name }) => name);
  return drawn.slice(0, moments).map((event, index) => {
    const own = drawn.filter((_, other) => other % moments === index);
    // Of one entity once: the key is only compared within this moment.
    const unique = new Map(own.map(({ who }) => [JSON.stringify(who), who]));
    return {
      at: momentOf(event, index, reaches, range),
      entities: [...unique.values()].map((who) => Object.fromEntries(names.map((name, part) => [name, who[part] ?? ""]))),
    };
  });
}

function momentOf({ dice, known, time }: Drawn, index: number, reaches: readonly number[], { to }: TimeRange): number {
  const [at, knownAt] = [Number(time), Number(known)];
  const reach = reaches[Number(dice) % reaches.length] ?? 0;
  const anywhere = knownAt + Math.floor((Math.max(0, to - 1 - knownAt) * (Number(dice) % 1_000_003)) / 1_000_003);
  const wanted = [knownAt, at, at + reach, anywhere][index % 4] ?? at;
  return wanted < to ? wanted : anywhere < to ? anywhere : at;
}

async function drawEvents(clickhouse: ClickHouse, { asOf, pairs, range, seed, set }: SampleRequest): Promise<readonly Drawn[]> {
  const bindings = new Bindings();
  const within = `time >= ${bindings.moment(range.from)} AND time < ${bindings.moment(range.to)} AND ${atOrBefore(asOf, bindings)}`;
  // Not by their places in the log: a replay has others.
  const order = `sipHash64(${bindings.bind("UInt64", seed)}, source, id)`;
  const selects = eventsOf(set).map((event) => {
    const parts = entityParts(set, event);
    // An event without one of the parts is about nobody.
    const isAbout = parts.map((part) => `ifNull(${part}, '') != ''`).join(" AND ");
    return `SELECT [${parts.map((part) => `ifNull(${part}, '')`).join(", ")}] AS who, toUnixTimestamp64Micro(time) AS micros, toUnixTimestamp64Micro(known_at) AS known, ${order} AS dice
FROM events WHERE type = ${bindings.bind("String", event.type)} AND ${within} AND ${isAbout}`;
  });
  if (selects.length === 0) return [];
  return clickhouse.rows<Drawn>({
    name: "Draw entities and moments",
    sql: `SELECT who, micros AS time, known, dice % 4294967296 AS dice FROM (${selects.join(" UNION ALL ")}) ORDER BY sipHash64(dice, who), micros, known LIMIT ${bindings.bind("UInt64", pairs)}`,
    params: bindings.params,
  });
}

function eventsOf(set: FeatureSet): readonly EventDefinition[] {
  return [...new Set(expandFeatures(set).flatMap((feature) => (feature.kind === "window" ? [feature.event] : [])))];
}
