import type { ClickHouse } from "../../clickhouse/index.ts";
import { checkLedger, type LedgerFacts } from "./check-ledger.ts";
import { checkTables } from "./check-tables.ts";

/** What to verify, and whom to tell how far it is. */
export interface VerifyOptions {
  readonly clickhouse: ClickHouse;
  /** Called with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What is known of one lane: a stream in one incarnation. Counts are messages unless said otherwise. */
export interface LaneReport {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
  /** Last sequence committed. */
  readonly committed: number;
  readonly received: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  /** Sequences that the stream no longer had when they were read. */
  readonly deletedBeforeRead: number;
  /** Rows that the ledger counts and the tables lack. */
  readonly missing: number;
  /** Rows that stand twice, or both as event and as dead letter. */
  readonly doubled: number;
  /** Ledger rows whose chain does not fit: they, or rows before them, were changed. */
  readonly changed: number;
  /** Everything wrong, a sentence each; the first ten. */
  readonly problems: readonly string[];
}

/** Whether every message of the log, up to what is committed, is accounted for. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly received: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly doubled: number;
  readonly changed: number;
  readonly lanes: readonly LaneReport[];
}

const MOST_PROBLEMS = 10;

/**
 * Proves the invariant of ingest from ledger and tables: received = inserted + dead-lettered + duplicates, the ranges follow one another from the first sequence to the last committed,
 * and the tables hold for each range exactly the rows that the ledger counts, each once. Rows beyond the ledger's end belong to a batch under way and are left out.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const ledgers = await readLedgers(options.clickhouse);
  const lanes: LaneReport[] = [];
  const batches = ledgers.reduce((sum, ledger) => sum + ledger.length, 0);
  let done = 0;
  for (const ledger of ledgers) {
    lanes.push(
      await verifyLane(options.clickhouse, ledger, (count) => {
        done += count;
        options.onProgress?.(done / batches);
      }),
    );
  }
  const total = (pick: (lane: LaneReport) => number): number => lanes.reduce((sum, lane) => sum + pick(lane), 0);
  return {
    ok: lanes.every((lane) => lane.problems.length === 0),
    received: total((lane) => lane.received),
    inserted: total((lane) => lane.inserted),
    deadLettered: total((lane) => lane.deadLettered),
    duplicates: total((lane) => lane.duplicates),
    missing: total((lane) => lane.missing),
    doubled: total((lane) => lane.doubled),
    changed: total((lane) => lane.changed),
    lanes,
  };
}

async function verifyLane(
  clickhouse: ClickHouse,
  ledger: readonly LedgerFacts[],
  onProgress: (batches: number) => void,
): Promise<LaneReport> {
  const own = checkLedger(ledger);
  const tables = await checkTables(clickhouse, ledger, onProgress);
  const total = (pick: (row: LedgerFacts) => number): number => ledger.reduce((sum, row) => sum + pick(row), 0);
  return {
    stream: ledger[0]?.stream ?? "",
    epoch: ledger[0]?.epoch ?? 0,
    committed: ledger.at(-1)?.last ?? 0,
    received: total((row) => row.received),
    inserted: total((row) => row.inserted),
    deadLettered: total((row) => row.dead_lettered),
    duplicates: total((row) => row.duplicates),
    deletedBeforeRead: total((row) => row.missing),
    missing: tables.missing,
    doubled: tables.doubled,
    changed: own.changed,
    problems: [...own.problems, ...tables.problems].slice(0, MOST_PROBLEMS),
  };
}

/** Reads the whole ledger, lane by lane, in order of sequence; a batch a second for a year is 30 million rows of 200 bytes, so only the facts are fetched. */
async function readLedgers(clickhouse: ClickHouse): Promise<LedgerFacts[][]> {
  const rows = await clickhouse.rows<Record<keyof LedgerFacts, string>>({
    name: "Ledger",
    sql: `SELECT stream, epoch, generation, first, last, received, inserted, dead_lettered, duplicates, missing, event_rows, dead_letter_rows, bytes, digest, chain
          FROM ingest_ledger ORDER BY stream, epoch, first, generation`,
  });
  const lanes = new Map<string, LedgerFacts[]>();
  for (const row of rows) {
    const key = `${row.stream}/${row.epoch}`;
    const lane = lanes.get(key) ?? [];
    lane.push(toFacts(row));
    lanes.set(key, lane);
  }
  return [...lanes.values()];
}

function toFacts(row: Record<keyof LedgerFacts, string>): LedgerFacts {
  return {
    stream: row.stream,
    epoch: Number(row.epoch),
    generation: Number(row.generation),
    first: Number(row.first),
    last: Number(row.last),
    received: Number(row.received),
    inserted: Number(row.inserted),
    dead_lettered: Number(row.dead_lettered),
    duplicates: Number(row.duplicates),
    missing: Number(row.missing),
    event_rows: Number(row.event_rows),
    dead_letter_rows: Number(row.dead_letter_rows),
    bytes: Number(row.bytes),
    digest: row.digest,
    chain: row.chain,
  };
}
