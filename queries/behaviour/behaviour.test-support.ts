import * as fc from "fast-check";
import { z } from "zod";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { defineEvent, defineProject, type Filter, type Watermark } from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { passes, type OracleCondition, type OracleFilter } from "../../tests/oracles/filter.ts";
import type { OracleSelector } from "../../tests/oracles/selector.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import type { EventSelector } from "./event-selector.ts";

const fields = z.object({ amount: z.number(), items: z.int(), country: z.string(), gift: z.boolean(), user: z.string() }).partial();

/** Three types with the same fields, so that any of them can be any step. */
export const definitions = ["seen", "added", "bought"].map((type) => defineEvent({ type, data: fields }));
export const project = defineProject({
  name: "shop",
  streams: ["A", "B"].map((name) => ({ name, subjects: [`${name}.>`] })),
  events: definitions,
  lateness: "1h",
});

/** Random rounds of a property test: BEHAVIOUR_RUNS=500 asks for more of them. */
export const RUNS = Number(process.env["BEHAVIOUR_RUNS"] ?? 2);

const MINUTE = 60_000_000;
/** Around the change of the clocks in Berlin, 29 March 2026, 01:00 UTC. */
export const CENTRE = Date.UTC(2026, 2, 29, 1) * 1_000;

/** A moment within `spread` minutes of the centre, on a whole minute or a microsecond off it: many fall together. */
export function momentWithin(spread: number): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: -spread, max: spread }), fc.constantFrom(0, 0, 0, 1, -1))
    .map(([minutes, off]) => CENTRE + minutes * MINUTE + off);
}

const value = { country: fc.constantFrom("DE", "AT", ""), amount: fc.constantFrom(0, 1.5, 2, 10), items: fc.constantFrom(-1, 0, 2, 3) };
const data = fc.record(
  {
    ...value,
    country: fc.oneof({ weight: 6, arbitrary: value.country }, fc.constantFrom<unknown>(null, 7)),
    gift: fc.constantFrom<unknown>(true, false, "yes"),
    user: fc.constantFrom<unknown>("u1", "u2", "", null),
  },
  { requiredKeys: [] },
);

/** Events in the order of the log, so late ones too: `seq` says nothing about `time`. The same id may come again. */
export function someEvents(moment: fc.Arbitrary<number>, most = 100): fc.Arbitrary<OracleEvent[]> {
  const event = fc.record({
    type: fc.constantFrom("seen", "seen", "seen", "added", "added", "bought", "bought", "undeclared"),
    time: moment,
    stream: fc.constantFrom("A", "A", "B"),
    epoch: fc.constantFrom(3, 3, 7),
    idx: fc.constantFrom(0, 0, 0, 2),
    id: fc.constantFrom("1", "2", "3"),
    source: fc.constantFrom("web", "app"),
    subject: fc.constantFrom("ann", "ann", "bob", "bob", "cem", "Ümit", ""),
    data,
  });
  return fc
    .array(event, { maxLength: most, size: "max" })
    .map((events) => events.map((each, index) => ({ ...each, known_at: each.time, seq: index + 1 })));
}

const condition = fc.oneof(
  fc.record({
    country: fc.oneof(
      value.country,
      fc.constant(null),
      fc.constantFrom<OracleCondition>(["DE", null], ["AT", "DE"], { not: "DE" }, { not: null }, { not: ["", null] }),
    ),
  }),
  fc.record({
    amount: fc.constantFrom<OracleCondition>(2, { gte: 2 }, { gt: 1.5, lte: 10 }, { lt: 2 }, { not: 0 }, { gte: 0, not: [2, null] }),
  }),
  fc.record({
    items: fc.constantFrom<OracleCondition>(2, { gt: 0 }, { gte: -0.5, lt: 3 }, { not: [2, 3] }),
    gift: fc.constantFrom<OracleCondition>(true, { not: true }),
  }),
  fc.record({ source: fc.constantFrom<OracleCondition>("web", { not: "web" }) }),
);

/** A filter of the whole question, or none. */
export const wholeFilter = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, condition);

/** The filter of a request. */
export function filterOf(filter: OracleFilter | undefined): { readonly filter?: Filter } {
  return filter ? { filter: filter as Filter } : {};
}

/** The events that a filter of the whole question leaves: to the oracle there are no others. */
export function among(events: readonly OracleEvent[], filter: OracleFilter | undefined): OracleEvent[] {
  if (!filter) return [...events];
  return events.filter((event) => {
    const definition = definitions.find(({ type }) => type === event.type);
    return definition !== undefined && passes(event, filter, definition);
  });
}

/** An event to ask for, for the question and for the oracle. */
export interface Selected {
  readonly asked: EventSelector;
  readonly oracle: OracleSelector;
}

export const selected: fc.Arbitrary<Selected> = fc
  .tuple(fc.constantFrom(...definitions), fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, condition))
  .map(([definition, where]) => ({
    asked: where ? { event: definition.type, where: where as Filter } : definition.type,
    oracle: { definition, ...(where ? { where } : {}) },
  }));

/** Several events to ask for, of different types. */
export const selectedSet: fc.Arbitrary<Selected[]> = fc.uniqueArray(selected, {
  minLength: 1,
  maxLength: 3,
  selector: ({ oracle }) => oracle.definition.type,
});

/** A position of each stream, or of one, or none at all. */
export const position: fc.Arbitrary<Watermark | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.dictionary(fc.constantFrom("A", "B"), fc.record({ epoch: fc.constantFrom(3, 7, 9), seq: fc.integer({ min: 0, max: 110 }) }), {
    maxKeys: 2,
  }),
);

const COLUMNS = "stream epoch seq idx stored_at known_at time id type source subject version data enriched".split(" ");
const STORED = "2026-04-01 00:00:00";

/** Makes the tables. */
export async function makeTables(clickhouse: ClickHouse): Promise<void> {
  await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
}

/**
 * Replaces all events. The ledger ends at `committed` in the newest epoch of each stream: what lies behind is inserted and not committed.
 * @returns the watermark that the ledger then stands for
 */
export async function replaceEvents(clickhouse: ClickHouse, events: readonly OracleEvent[], committed = Infinity): Promise<Watermark> {
  for (const table of ["events", "ingest_ledger"]) await clickhouse.command({ name: "Clear", sql: `TRUNCATE TABLE ${table}` });
  const rows = events.map((event) => ({
    ...event,
    time: (event.time / 1e6).toFixed(6),
    stored_at: STORED,
    known_at: STORED,
    version: 1,
    enriched: {},
  }));
  const token = `${Date.now()}-${Math.random()}`;
  if (rows.length > 0)
    await clickhouse.insert({
      table: "events",
      columns: COLUMNS,
      format: "JSONEachRow",
      body: Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")),
      token,
    });
  const lanes = lanesOf(events, committed);
  const batches = lanes.map((lane) => JSON.stringify({ ...lane, generation: 1, first: 1, received: 1, stored_to: STORED }));
  if (batches.length > 0)
    await clickhouse.insert({
      table: "ingest_ledger",
      columns: "stream epoch generation first last received stored_to".split(" "),
      format: "JSONEachRow",
      body: Buffer.from(batches.join("\n")),
      token,
    });
  const watermark: Record<string, { epoch: number; seq: number }> = {};
  for (const { stream, epoch, last } of lanes) if (epoch > (watermark[stream]?.epoch ?? -1)) watermark[stream] = { epoch, seq: last };
  return watermark;
}

function lanesOf(events: readonly OracleEvent[], committed: number): { stream: string; epoch: number; last: number }[] {
  const lasts = new Map<string, { stream: string; epoch: number; last: number }>();
  const newest = (stream: string): number => Math.max(...events.filter((event) => event.stream === stream).map(({ epoch }) => epoch));
  for (const { stream, epoch, seq } of events) {
    const last = Math.max(seq, lasts.get(`${stream} ${epoch}`)?.last ?? 0);
    lasts.set(`${stream} ${epoch}`, { stream, epoch, last: epoch === newest(stream) ? Math.min(last, committed) : last });
  }
  return [...lasts.values()];
}

/** The position that counts where `asOf` is asked for: of each stream that the ledger knows, whichever comes first. */
export function counted(asOf: Watermark | undefined, held: Watermark): Watermark {
  if (!asOf) return held;
  const both = Object.keys(asOf).filter((stream) => held[stream]);
  return Object.fromEntries(
    both.map((stream) => {
      const [a, b] = [asOf[stream]!, held[stream]!];
      return [stream, a.epoch - b.epoch || a.seq - b.seq ? (a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq) ? a : b) : a];
    }),
  );
}
