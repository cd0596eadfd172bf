import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { checkEnd, countBeyond, type EndCheck } from "./check-end.ts";
import { LedgerCheck, type LedgerTotals } from "./check-ledger.ts";
import { checkTables } from "./check-tables.ts";
import { readLedgerPage } from "./read-ledger.ts";

/** What is known of one lane: a stream in one incarnation. Counts of {@link LedgerTotals} are messages, the others rows. */
export interface LaneReport extends LedgerTotals {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
  /** Last sequence committed. */
  readonly committed: number;
  /** Rows that the ledger counts and the tables lack. */
  readonly missing: number;
  /** Rows that stand twice, or both as event and as dead letter. */
  readonly doubled: number;
  /** Rows that no batch of the ledger accounts for. */
  readonly uncounted: number;
  /** Rows of the batch under way, not yet in the ledger. */
  readonly pending: number;
  /** Everything wrong, a sentence each; the first ten. */
  readonly problems: readonly string[];
}

/** A lane to verify. */
export interface LaneToVerify {
  readonly clickhouse: ClickHouse;
  readonly lane: LaneIdentity;
  /** Whether the tables know no later incarnation of the stream. */
  readonly isNewest: boolean;
  /** Reads the lane's checkpoint; undefined = there is none to compare with. */
  readonly readCheckpoint: () => Promise<LaneValue | undefined>;
  readonly onProgress: (batches: number) => void;
}

const MOST_PROBLEMS = 10;
/** A worker that commits while we look moves the end on; after this many times what lies beyond is taken to be its work. */
const MOST_LOOKS = 50;

/** Verifies one lane, page by page of its ledger, then what lies beyond the ledger's end. */
export async function verifyLane(options: LaneToVerify): Promise<LaneReport> {
  const { clickhouse, isNewest, lane, readCheckpoint } = options;
  const problems: string[] = [];
  const onProblem = (problem: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  const ledger = new LedgerCheck(onProblem);
  const tables = { missing: 0, doubled: 0, uncounted: 0 };
  let next = 0;
  /** @returns whether there were rows that were not read before */
  const readOn = async (): Promise<boolean> => {
    const from = next;
    for (let page = await readLedgerPage(clickhouse, lane, next); page.length > 0; page = await readLedgerPage(clickhouse, lane, next)) {
      const found = await checkTables(clickhouse, page, ledger.end, onProblem);
      for (const row of page) ledger.add(row);
      tables.missing += found.missing;
      tables.doubled += found.doubled;
      tables.uncounted += found.uncounted;
      next = (page.at(-1)?.first ?? next) + 1;
      options.onProgress(page.length);
    }
    return next > from;
  };
  const look = async (): Promise<EndCheck> => {
    const beyond = await countBeyond(clickhouse, lane, ledger.end);
    return checkEnd({ lane, isNewest, end: ledger.end, beyond, checkpoint: await readCheckpoint() });
  };
  await readOn();
  let atEnd = await look();
  let looks = 1;
  // A finding at the end holds only if the ledger still ends there: a worker may have committed in between.
  for (; atEnd.problem !== undefined && looks < MOST_LOOKS && (await readOn()); looks += 1) atEnd = await look();
  if (looks === MOST_LOOKS) atEnd = { pending: atEnd.uncounted, uncounted: 0, problem: undefined };
  if (atEnd.problem !== undefined) onProblem(atEnd.problem);
  return {
    ...lane,
    committed: ledger.end,
    ...ledger.totals,
    missing: tables.missing,
    doubled: tables.doubled,
    uncounted: tables.uncounted + atEnd.uncounted,
    pending: atEnd.pending,
    problems,
  };
}
