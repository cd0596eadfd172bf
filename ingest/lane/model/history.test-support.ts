import { defineProject } from "../../../model/index.ts";
import { createDecoder } from "../../decode/decode-message.ts";
import { createIngestMetrics } from "../../metrics.ts";
import { LaneMonitor } from "../lane-monitor.ts";
import { runLane } from "../run-lane.ts";
import { FakeClickHouse, type Tables } from "./fake-clickhouse.test-support.ts";
import { FakeJetStream } from "./fake-jetstream.test-support.ts";
import { payloadOf, type MessageKind } from "./messages.test-support.ts";
import { violations, type RollupPromise } from "./oracle.test-support.ts";
import { Process, World, type Fault } from "./world.test-support.ts";

/** One thing that happens. `pick` chooses among those it could happen to. */
export type Step =
  | { readonly do: "publish"; readonly messages: readonly MessageKind[]; readonly nextMonth: boolean }
  | { readonly do: "run"; readonly moves: number; readonly seed: number }
  | { readonly do: "fault"; readonly fault: Fault | "before-view"; readonly pick: number }
  | { readonly do: "start"; readonly code: "old" | "new" }
  | { readonly do: "kill" | "sleep" | "wake" | "yield"; readonly pick: number }
  | { readonly do: "backup" | "purge" | "recreate" | "lose-checkpoint" }
  | { readonly do: "restore"; readonly forget: boolean };

/** Small batches and a short lease make many points at which things can happen. */
const project = defineProject({
  name: "model",
  streams: [{ name: "S", subjects: ["s.>"] }],
  events: [],
  limits: { batchRows: 4, batchAge: "200ms", lease: "1s", drain: "5s" },
});
const decode = createDecoder(project);
const metrics = createIngestMetrics();
const MOST_PROCESSES = 3;
/** More moves than any lane needs to settle what the longest history leaves behind. */
const LAST_MOVES = 20_000;
const START = Date.UTC(2026, 10, 1) * 1_000;
const MONTH = 31 * 86_400_000_000;

/** What happens to one lane, its workers and its servers, step by step. */
export class History {
  readonly world = new World();
  readonly jetstream = new FakeJetStream(this.world);
  readonly clickhouse = new FakeClickHouse(this.world);
  readonly log: string[] = [];
  #backup: Tables = this.clickhouse.tables;
  #months = 0;
  #published = 0;
  #rollup: RollupPromise = "once";
  /** The one kind of loss of this history. */
  #loss: Step["do"] | undefined;
  #isCalm = false;
  /**
   * Either may be true, not both: half a refused batch that arrives late, when a worker with other code has looked and sent the same rows under a token of its own, stands twice (decision 0004).
   */
  #hasOtherCode = false;
  #hasRefusedRows = false;

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "publish":
        this.#publish(step);
        break;
      case "run":
        await this.world.run(step.moves, step.seed);
        break;
      case "fault":
        this.#strike(step.fault, step.pick);
        break;
      case "start":
        this.#start(step.code);
        break;
      case "kill":
      case "sleep":
      case "wake":
      case "yield":
        this.#change(step.do, step.pick);
        break;
      case "backup":
        this.#backup = this.clickhouse.tables;
        break;
      default:
        this.#disaster(step);
    }
  }

  /** Lets everything heal and settle. @returns what is wrong then */
  async end(): Promise<string[]> {
    const { world } = this;
    for (const process of world.processes) process.isAsleep = false;
    if (!world.processes.some(({ isAlive }) => isAlive)) this.#start("old");
    // A last event, so that somebody must claim the lane once more and settle what is there.
    this.#publish({ do: "publish", messages: ["event"], nextMonth: false });
    const { stream } = this.jetstream;
    const isIn = (): boolean => this.clickhouse.committed(stream.name, stream.epoch) === stream.lastSeq && world.pending.length === 0;
    if (!(await world.run(LAST_MOVES, 1, isIn))) return [`the lane stands still: ${this.log.slice(-5).join("; ")}`];
    for (const process of world.processes) process.stop.abort(new Error("told to stop"));
    if (!(await world.run(LAST_MOVES, 2, () => world.processes.every(({ isAlive, isDone }) => isDone || !isAlive))))
      return ["a worker does not stop"];
    return violations({ streams: this.jetstream.streams, tables: this.clickhouse.tables, rollup: this.#rollup });
  }

  #publish({ messages, nextMonth }: Step & { readonly do: "publish" }): void {
    if (nextMonth) this.#months += 1;
    for (const wanted of messages) {
      const kind = this.#hasOtherCode && (wanted === "refused" || wanted === "mixed") ? "event" : wanted;
      this.#hasRefusedRows ||= kind === "refused" || kind === "mixed";
      this.#published += 1;
      this.jetstream.publish(
        payloadOf(kind, `e${this.#published}`),
        START + this.#months * MONTH + this.world.now * 1_000 + this.#published,
      );
    }
  }

  #strike(fault: Fault | "before-view", pick: number): void {
    if (fault === "before-view") this.clickhouse.diesBeforeView = true;
    else this.log.push(`${fault}: ${this.world.strike(fault === "late" && this.#isCalm ? "refused" : fault, pick) ?? "nothing"}`);
  }

  #start(wantedCode: "old" | "new"): void {
    const living = this.world.processes.filter(({ isAlive }) => isAlive).length;
    if (living >= (this.#isCalm ? 1 : MOST_PROCESSES)) return;
    const code = this.#hasRefusedRows ? "old" : wantedCode;
    this.#hasOtherCode ||= code === "new";
    const process = new Process(`w${this.world.processes.length}`);
    this.world.processes.push(process);
    // Rows that other code declared are looked up one by one: a view that lacks a batch stays without it (decision 0004).
    if (code === "new") this.#promiseNoMoreThan("at most once");
    const say = (_fields: object, message: string): number => this.log.push(`${process.name}: ${message}`);
    const logger = { debug: () => {}, info: say, warn: say, error: say };
    const context = {
      project,
      jetstream: this.jetstream.of(process),
      clickhouse: this.clickhouse.of(process),
      clock: this.world.clockOf(process),
      share: {
        take: (_lane: string, giveUp: () => void) => {
          process.giveUp = giveUp;
          return true;
        },
        giveBack: () => {
          process.giveUp = undefined;
        },
      },
      decode,
      code,
      worker: process.name,
      signal: process.stop.signal,
      until: undefined,
      ranges: new Map(),
      pace: undefined,
    };
    void runLane(context, new LaneMonitor({ stream: "S", metrics, logger, isConnected: () => true, stalledMs: 60_000 }), logger).finally(
      () => {
        process.isDone = true;
      },
    );
  }

  #change(what: "kill" | "sleep" | "wake" | "yield", pick: number): void {
    if (what === "sleep" && this.#isCalm) return;
    const living = this.world.processes.filter(({ isAlive, isAsleep }) => isAlive && isAsleep === (what === "wake"));
    const process = living[pick % Math.max(1, living.length)];
    if (!process) return;
    if (what === "yield") process.giveUp?.();
    else if (what !== "kill") process.isAsleep = what === "sleep";
    else {
      this.world.kill(process);
      if (this.#isCalm) this.world.forgetOrphans();
    }
  }

  #promiseNoMoreThan(promise: RollupPromise): void {
    if (this.#rollup !== "none") this.#rollup = promise;
  }

  #disaster(step: Step): void {
    const { jetstream } = this;
    // Two servers can cover for each other: what one has lost the other knows. Of two kinds of loss in one history nobody is left to tell.
    this.#loss ??= step.do;
    if (step.do !== this.#loss) return;
    this.#calm();
    if (step.do === "purge") jetstream.purge(jetstream.stream.lastSeq);
    if (step.do === "recreate") jetstream.recreate();
    if (step.do === "lose-checkpoint") jetstream.loseCheckpoint();
    if (step.do === "restore") this.#restore(step.forget);
  }

  #restore(forget: boolean): void {
    // The view may have lacked a batch whose rows the table lost: it takes them under the old tokens, and again under the new ones.
    if (!forget) this.#promiseNoMoreThan("none");
    // Tables that know no tokens may hold the very batch that a worker is about to send again: it has to be stopped before.
    else for (const process of this.world.processes) this.world.kill(process);
    if (forget) this.world.forgetOrphans();
    this.clickhouse.restore(this.#backup, forget);
  }

  /**
   * From a disaster on there is one worker at a time and nothing arrives late: a sleeper that holds a batch of what is lost, or a checkpoint taken from under two workers, is more
   * than any protocol on two servers can settle.
   */
  #calm(): void {
    this.#isCalm = true;
    this.#promiseNoMoreThan("at most once");
    const survivor = this.world.processes.find(({ isAwake }) => isAwake);
    for (const process of this.world.processes) if (process !== survivor) this.world.kill(process);
    this.world.forgetOrphans();
    this.world.restart("clickhouse");
  }
}
