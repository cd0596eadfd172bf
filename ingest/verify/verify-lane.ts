import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { LEFT_OUT } from "../ledger.ts";
import { checkEnd, countBeyond, type EndCheck } from "./check-end.ts";
import { LedgerCheck, type LedgerTotals } from "./check-ledger.ts";
import { addLogChecks, checkLog, NOT_READ, type LogCheck, type LogReading } from "./check-log.ts";
import { addChecks, checkTables, NO_FINDINGS, type TableCheck } from "./check-tables.ts";
import { Findings, type Finding, type LedgerProblem } from "./finding.ts";
import { readLedgerPage, type LedgerFacts } from "./read-ledger.ts";

/** What is known of one lane: a stream in one incarnation. Counts of {@link LedgerTotals} are messages, those of {@link TableCheck} rows and dead letters. */
export interface LaneReport extends LedgerTotals, TableCheck {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
  /** Last sequence committed. */
  readonly committed: number;
  /** Rows of the batch under way, not yet in the ledger. */
  readonly pending: number;
  /** Ledger rows whose chain hash does not fit, and batches whose messages in the log are other ones now. */
  readonly changed: number;
  /** What came of reading the log again; null = it was not read. */
  readonly log: LogCheck | null;
  /** What is wrong with the lowest sequences; null = nothing. */
  readonly firstBad: LedgerProblem | null;
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
  /** Reads the log again, of the batches that touch this range of sequences; undefined = it is not read. */
  readonly log: (Omit<LogReading, "onFinding"> & { readonly from: number; readonly to: number }) | undefined;
  readonly onProgress: (batches: number) => void;
}

/** A worker that commits while we look moves the end on; after this many times what lies beyond is taken to be its work. */
const MOST_LOOKS = 50;

/** Verifies one lane, page by page of its ledger, then what lies beyond the ledger's end. */
export async function verifyLane(options: LaneToVerify): Promise<LaneReport> {
  const walk = new LaneWalk(options);
  await walk.readOn();
  const end = await walk.lookAtEnd();
  return walk.report(end);
}

class LaneWalk {
  readonly #options: LaneToVerify;
  readonly #findings: Findings;
  readonly #ledger: LedgerCheck;
  /** What the page at hand has shown; given on in order of sequence. */
  #ofPage: Finding[] = [];
  #tables: TableCheck = NO_FINDINGS;
  #log: LogCheck = NOT_READ;
  #next = 0;

  constructor(options: LaneToVerify) {
    this.#options = options;
    this.#findings = new Findings(options.lane);
    this.#ledger = new LedgerCheck((finding) => this.#ofPage.push(finding));
  }

  /** @returns whether there were ledger rows that were not read before */
  async readOn(): Promise<boolean> {
    const { clickhouse, lane, onProgress } = this.#options;
    const from = this.#next;
    for (;;) {
      const page = await readLedgerPage(clickhouse, lane, this.#next);
      if (page.length === 0) return this.#next > from;
      this.#tables = addChecks(
        this.#tables,
        await checkTables(clickhouse, page, this.#ledger.end, (finding) => this.#ofPage.push(finding)),
      );
      await this.#readLog(page, this.#follow(page));
      for (const finding of this.#ofPage.sort((one, other) => one.first - other.first)) this.#findings.add(finding);
      this.#ofPage = [];
      this.#next = (page.at(-1)?.first ?? this.#next) + 1;
      onProgress(page.length);
    }
  }

  /** A finding at the end holds only if the ledger still ends there: a worker may have committed in between. */
  async lookAtEnd(): Promise<EndCheck> {
    for (let looks = 1; ; looks += 1) {
      const atEnd = await this.#look();
      if (!atEnd.finding) return atEnd;
      if (looks === MOST_LOOKS) return { pending: atEnd.uncounted, uncounted: 0, finding: undefined };
      if (await this.readOn()) continue;
      this.#findings.add(atEnd.finding);
      return atEnd;
    }
  }

  report({ pending, uncounted }: EndCheck): LaneReport {
    const { lane, log } = this.#options;
    const { totals } = this.#ledger;
    return {
      ...lane,
      committed: this.#ledger.end,
      ...totals,
      ...this.#tables,
      uncounted: this.#tables.uncounted + uncounted,
      pending,
      changed: totals.changed + this.#log.changed,
      log: log ? this.#log : null,
      firstBad: this.#findings.first ?? null,
      problems: this.#findings.sentences,
    };
  }

  /** @returns the batches that follow the one before and can be believed: what another ledger row says of the log proves nothing */
  #follow(page: readonly LedgerFacts[]): LedgerFacts[] {
    return page.filter((row) => {
      const follows = row.first > this.#ledger.end;
      return this.#ledger.add(row) && follows;
    });
  }

  async #readLog(page: readonly LedgerFacts[], believed: readonly LedgerFacts[]): Promise<void> {
    const { lane, log } = this.#options;
    if (!log) return;
    const wanted = believed.filter(({ digest, first, last }) => digest !== LEFT_OUT && last >= log.from && first <= log.to);
    this.#log = addLogChecks(this.#log, await checkLog({ ...log, onFinding: (finding) => this.#ofPage.push(finding) }, lane, wanted));
    log.onMessages(messagesOf(page) - messagesOf(wanted));
  }

  async #look(): Promise<EndCheck> {
    const { clickhouse, isNewest, lane, readCheckpoint } = this.#options;
    const beyond = await countBeyond(clickhouse, lane, this.#ledger.end);
    return checkEnd({ lane, isNewest, end: this.#ledger.end, beyond, checkpoint: await readCheckpoint() });
  }
}

function messagesOf(batches: readonly LedgerFacts[]): number {
  return batches.reduce((sum, { received }) => sum + received, 0);
}
