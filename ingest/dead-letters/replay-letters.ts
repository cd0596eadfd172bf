import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { durationMs, type Enrichers, type Project } from "../../model/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { createDecoder } from "../decode/decode-message.ts";
import { fingerprint } from "../fingerprint.ts";
import { systemClock } from "../lane/clock.ts";
import { readLedgerEnd } from "../ledger.ts";
import { closeReplay, declareReplay, discardDuplicates, insertReplay, type ReplayContext } from "./commit-replay.ts";
import { letterKey, TwinFinder, type Twins } from "./find-twins.ts";
import { holdClaim, type HeldClaim } from "./hold-claim.ts";
import { holdStill } from "./hold-still.ts";
import { filterCondition, type DeadLetterFilter } from "./letter-filter.ts";
import { messagesToReplay } from "./letters-to-replay.ts";
import { planMessages, type MessageSource, type PlannedMessage } from "./plan-messages.ts";
import { rangeOf, ReplayBatch, replayToken } from "./replay-batch.ts";
import { ReplayTally, type ReplayReport } from "./replay-tally.ts";
import { declaredReplays, settleReplay } from "./settle-replays.ts";

/** Which letters to replay, and with what. */
export interface ReplayOptions {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  /** Default: the open ones. With the state "replayed", those whose rows ClickHouse has lost go in again. */
  readonly filter?: DeadLetterFilter;
  /** The enrichers of the project's events, made by `createEnrichers`; needed if there are any. */
  readonly enrichers?: Enrichers;
  /** Only tell what would happen. */
  readonly dryRun?: boolean;
  /** Name of whoever replays, for people; a claim adds what makes it unique. */
  readonly worker: string;
  /** Stops between two batches, or while waiting for ClickHouse. What is under way then is settled by the next replay. */
  readonly signal: AbortSignal;
  /** Called with the letters looked at so far. */
  readonly onProgress?: (letters: number) => void;
  /** Called with a sentence when something is waited for. */
  readonly onWait?: (sentence: string) => void;
}

/**
 * Reads the messages of dead letters again, with today's code and config, and inserts the events that now decode; each exactly once, however often it is tried, wherever it
 * breaks off, and whatever a worker does meanwhile. Letters that still fail stay open. How: docs/dead-letters.md.
 * @throws LaneLost if another replay has taken over, as this process stood still; ClickHouseFailure, or what NATS throws, if they cannot be read
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplayReport> {
  const run = new ReplayRun(options);
  for (const stream of await run.streams()) await run.replayStream(stream);
  return run.tally.report();
}

class ReplayRun {
  readonly tally = new ReplayTally();
  readonly #options: ReplayOptions;
  readonly #filter: DeadLetterFilter;
  readonly #source: MessageSource;
  readonly #code: string;
  #seen = 0;

  constructor(options: ReplayOptions) {
    const { clickhouse, filter = {}, jetstream, project } = options;
    this.#options = options;
    this.#filter = filter;
    this.#source = { clickhouse, jetstream, decode: createDecoder(project, options.enrichers) };
    this.#code = fingerprint(project);
  }

  /** Streams with letters that are meant, or with an interrupted replay. */
  async streams(): Promise<string[]> {
    const { params, sql } = filterCondition(this.#filter);
    const rows = await this.#options.clickhouse.rows<{ stream: string }>({
      name: "Streams with dead letters",
      sql: `SELECT DISTINCT stream FROM (
              SELECT stream FROM dead_letters WHERE ${sql}
              UNION ALL
              SELECT stream FROM dead_letter_resolutions WHERE {only:String} IN ('', stream)
              GROUP BY stream, epoch, batch HAVING countIf(resolution != 'declared') = 0
            ) ORDER BY stream`,
      params: { ...params, only: this.#filter.stream ?? "" },
    });
    return rows.map(({ stream }) => stream);
  }

  async replayStream(stream: string): Promise<void> {
    const { dryRun = false, jetstream, onWait, project, signal, worker } = this.#options;
    if (dryRun) return this.#walk(stream, undefined);
    const tell = (owner: string, held: string | undefined): void => onWait?.(waitSentence(stream, owner, held));
    const request = { project, jetstream, stream, worker, onWait: tell };
    const replay = async (claim: HeldClaim): Promise<void> => {
      await this.#settle(stream, claim);
      await this.#walk(stream, claim);
    };
    const onUnsettled = (): void => onWait?.(`A batch of ${stream} broke off: waiting for a worker to settle it ("hydrograph ingest").`);
    await holdClaim({ ...request, signal }, (claim) =>
      project.deduplicate ? holdStill({ ...request, clickhouse: this.#options.clickhouse, onUnsettled }, claim, replay) : replay(claim),
    );
  }

  /** Interrupted replays first, and of these the one that may have been sent: what it holds must be known before anything else goes in. */
  async #settle(stream: string, claim: HeldClaim): Promise<void> {
    const declared = await declaredReplays(this.#options.clickhouse, stream);
    const [sent, others] = [true, false].map((wanted) => declared.filter(({ token }) => (token === claim.inherited) === wanted));
    for (const replay of [...(sent ?? []), ...(others ?? [])]) {
      const replayed = await settleReplay(this.#context(claim), claim, this.#source, replay, this.#twinsIn(replay.lane));
      this.tally.settled += replayed.length;
      this.#count(replayed);
    }
  }

  /** @param claim undefined = only tell */
  async #walk(stream: string, claim: HeldClaim | undefined): Promise<void> {
    const { clickhouse, signal } = this.#options;
    for (const lane of await this.#lanes(stream)) {
      const { committed } = await readLedgerEnd(clickhouse, lane);
      const twins = this.#twinsIn(lane);
      for await (const states of messagesToReplay(clickhouse, lane, this.#filter, committed)) {
        let batch = new ReplayBatch(lane);
        const duplicates = await twins?.among(states);
        for await (const planned of planMessages(this.#source, lane, states)) {
          signal.throwIfAborted();
          if (this.#isFull(batch) || !batch.accepts(planned.state.storedAt)) {
            await this.#commit(claim, batch);
            batch = new ReplayBatch(lane);
          }
          this.#take(batch, planned, duplicates);
        }
        await this.#commit(claim, batch);
        if (duplicates) await this.#discard(claim, lane, duplicates);
      }
    }
  }

  async #lanes(stream: string): Promise<LaneIdentity[]> {
    const { params, sql } = filterCondition(this.#filter);
    const rows = await this.#options.clickhouse.rows<{ epoch: string }>({
      name: "Incarnations with dead letters",
      sql: `SELECT DISTINCT epoch FROM dead_letters WHERE stream = {stream:String} AND ${sql} ORDER BY epoch`,
      params: { ...params, stream },
    });
    return rows.map(({ epoch }) => ({ stream, epoch: Number(epoch) }));
  }

  #isFull({ events }: ReplayBatch): boolean {
    const { batchBytes, batchRows } = this.#options.project.limits;
    return events.rows >= batchRows || events.bytes >= batchBytes;
  }

  /** What tells duplicates, if the project leaves them out. */
  #twinsIn(lane: LaneIdentity): TwinFinder | undefined {
    const { deduplicate } = this.#options.project;
    return deduplicate && new TwinFinder(this.#source, lane, durationMs(deduplicate.within));
  }

  #take(
    batch: ReplayBatch,
    { fromLetter, message, plan, state }: PlannedMessage,
    duplicates: ReadonlyMap<string, Twins> | undefined,
  ): void {
    const { stream } = batch.lane;
    this.#seen += state.wanted.size;
    this.#options.onProgress?.(this.#seen);
    for (const refusal of plan.refused) this.tally.refuse(stream, state.seq, refusal);
    if (!message) this.tally.unreadable += state.wanted.size;
    const ready = plan.ready.filter(({ idx }) => duplicates?.has(letterKey({ seq: state.seq, idx })) !== true);
    if (message) for (const letter of ready) batch.add(message, letter);
    if (fromLetter) this.tally.fromLetter += ready.length;
  }

  /** A letter whose events are all in from elsewhere is done without. One of several events, of which only some are, stays as it is: its events come in together or not at all. */
  async #discard(claim: HeldClaim | undefined, lane: LaneIdentity, duplicates: ReadonlyMap<string, Twins>): Promise<void> {
    const whole = [];
    for (const [key, twins] of duplicates) {
      const [seq = 0, idx = 0] = key.split("/").map(Number);
      if (twins.duplicates === twins.events) whole.push({ seq, idx, from: twins.from });
      else this.tally.refuse(lane.stream, seq, PARTLY_THERE);
    }
    this.tally.duplicates += whole.length;
    if (claim) await discardDuplicates(this.#context(claim), lane, whole);
  }

  /** Declares, makes sure that the claim is still held, inserts, and closes. Whoever comes after a break between any two of these finds what to do in the tables. */
  async #commit(claim: HeldClaim | undefined, batch: ReplayBatch): Promise<void> {
    const { lane, letters } = batch;
    if (letters.length === 0) return;
    if (!claim) return this.#count(letters);
    const context = this.#context(claim);
    const token = replayToken(context.project, batch);
    await declareReplay(context, lane, token, letters);
    await claim.allow(token, rangeOf(letters));
    await insertReplay(context, batch, token);
    const { released, replayed } = await closeReplay(context, lane, token, letters);
    this.#count(replayed);
    for (const { seq } of released) this.tally.refuse(lane.stream, seq, REJECTED);
  }

  #count(letters: readonly { readonly rows: number }[]): void {
    this.tally.replayed += letters.length;
    for (const { rows } of letters) this.tally.eventRows += rows;
  }

  #context(claim: HeldClaim): ReplayContext {
    const { clickhouse, onWait, project, worker } = this.#options;
    return {
      clickhouse,
      clock: systemClock,
      signal: claim.signal,
      onState: () => undefined,
      onFailure: (failure, attempt) => {
        if (attempt === 1 && failure.kind !== "bad-data") onWait?.(`${failure.message} It is tried again until it answers.`);
      },
      project: project.name,
      worker,
      code: this.#code,
    };
  }
}

/** A switch lasts seconds, unless it broke off. */
function waitSentence(stream: string, owner: string, held: string | undefined): string {
  if (held === undefined) return `The dead letters of ${stream} are being replayed by ${owner}: waiting for it.`;
  return `The dead letters of ${stream} wait for the switch with ${held}; if that broke off, "hydrograph replay --switch --into ${held}" finishes it.`;
}

const PARTLY_THERE = { stage: "insert", reason: "duplicate", detail: "of its events some are in from other messages" } as const;
const REJECTED = { stage: "insert", reason: "rejected-by-clickhouse", detail: "ClickHouse refuses the row for its data" } as const;
