import { chainOf, type LedgerRow } from "../../ledger.ts";
import type { StoredRow, Tables } from "./fake-clickhouse.test-support.ts";
import type { FakeStream } from "./fake-jetstream.test-support.ts";
import { expectedRows } from "./messages.test-support.ts";

/** See {@link Outcome.rollup}. */
export type RollupPromise = "once" | "at most once" | "none";

/** Everything there is to compare once all is quiet. */
export interface Outcome {
  /** Every incarnation of the stream, the last of which stands. */
  readonly streams: readonly FakeStream[];
  readonly tables: Tables;
  /** How often each event must be in the rollup: once; at most once, where a view may lack a batch; or as it may be, until the metric is rebuilt. */
  readonly rollup: RollupPromise;
}

/**
 * What must hold, said plainly: the batches of each incarnation follow one another from 1 on (of the one that stands, to its end), their counts add up and are those of the tables, the chain holds;
 * every message that the stream still has is in the tables exactly once, one that it lost at most once, and nothing else is there.
 * @returns everything that is wrong, a sentence each
 */
export function violations({ rollup, streams, tables }: Outcome): string[] {
  const found: string[] = [];
  for (const stream of streams) {
    const isOf = ({ epoch }: { readonly epoch: number }): boolean => epoch === stream.epoch;
    const ledger = tables.ledger.filter(isOf).toSorted((a, b) => a.first - b.first);
    const own: Tables = {
      events: tables.events.filter(isOf),
      deadLetters: tables.deadLetters.filter(isOf),
      rollup: tables.rollup.filter(isOf),
      ledger,
    };
    const end = stream === streams.at(-1) ? stream.lastSeq : (ledger.at(-1)?.last ?? 0);
    const name = `epoch ${streams.indexOf(stream)}`;
    const wrong = [
      ...rangeViolations(ledger, end),
      ...ledger.flatMap((row) => countViolations(row, own)),
      ...rowViolations(stream, own, end),
    ];
    found.push(...[...wrong, ...rollupViolations(own, rollup)].map((text) => `${name}: ${text}`));
  }
  return found;
}

function rangeViolations(ledger: readonly LedgerRow[], end: number): string[] {
  const found: string[] = [];
  let next = 1;
  let chain = "";
  for (const row of ledger) {
    if (row.first !== next) found.push(`batch ${row.first}-${row.last} does not begin at ${next}`);
    if (row.last < row.first) found.push(`batch ${row.first}-${row.last} is none`);
    if (chainOf(chain, row) !== row.chain) found.push(`the chain breaks at ${row.first}-${row.last}`);
    next = row.last + 1;
    chain = row.chain;
  }
  if (next !== end + 1) found.push(`the ledger ends at ${next - 1} instead of ${end}`);
  return found;
}

function countViolations(row: LedgerRow, { deadLetters, events }: Tables): string[] {
  const isIn = ({ seq }: StoredRow): boolean => seq >= row.first && seq <= row.last;
  const inserted = new Set(events.filter(isIn).map(({ seq }) => seq));
  const dead = new Set(deadLetters.filter((letter) => isIn(letter) && !inserted.has(letter.seq)).map(({ seq }) => seq));
  const truth: Partial<LedgerRow> = {
    received: row.inserted + row.dead_lettered + row.duplicates,
    missing: row.last - row.first + 1 - row.received,
    inserted: inserted.size,
    dead_lettered: dead.size,
    duplicates: 0,
    event_rows: events.filter(isIn).length,
    dead_letter_rows: deadLetters.filter(isIn).length,
  };
  return Object.entries(truth)
    .filter(([name, value]) => row[name as keyof LedgerRow] !== value)
    .map(([name, value]) => `batch ${row.first}-${row.last}: ${name} is ${row[name as keyof LedgerRow]} instead of ${value}`);
}

function rowViolations(stream: FakeStream, { deadLetters, events }: Tables, end: number): string[] {
  const found = counted([...events.map((row) => keyOf("event", row)), ...deadLetters.map((row) => keyOf("dead letter", row))]);
  const wrong: string[] = [];
  for (const message of stream.history) {
    const isThere = stream.messages.has(message.seq) && message.seq <= end;
    for (const { idx, kind } of expectedRows(message.payload.toString("utf8"))) {
      const key = keyOf(kind, { seq: message.seq, idx });
      const times = found.get(key) ?? 0;
      found.delete(key);
      if (times > 0 && message.seq > end) wrong.push(`${key} is in no batch`);
      if (times > 1 || (times === 0 && isThere)) wrong.push(`${key} is there ${times} times`);
    }
  }
  return [...wrong, ...[...found.keys()].map((key) => `${key} should not be there`)];
}

function rollupViolations({ events, rollup }: Tables, promise: RollupPromise): string[] {
  if (promise === "none") return [];
  const inRollup = counted(rollup.map((row) => keyOf("event", row)));
  const keys = new Set([...inRollup.keys(), ...events.map((row) => keyOf("event", row))]);
  return [...keys]
    .filter((key) => (inRollup.get(key) ?? 0) > 1 || (promise === "once" && inRollup.get(key) !== 1))
    .map((key) => `${key} is in the rollup ${inRollup.get(key) ?? 0} times`);
}

function keyOf(kind: "event" | "dead letter", { idx, seq }: { readonly seq: number; readonly idx: number }): string {
  return `${kind} ${seq}/${idx}`;
}

function counted(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
