import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Lanes, WorkersEntry } from "../../jetstream/index.ts";
import { never, Process, World } from "./model/world.test-support.ts";
import { Roster } from "./roster.ts";

/** The value that workers share, and a world in which their time passes. */
class Office {
  readonly world = new World();
  entry: WorkersEntry | undefined;
  isAway = false;
  readonly counts = new Map<string, number>();
  readonly lanes: Lanes = {
    read: never,
    replace: never,
    readWorkers: () => (this.isAway ? Promise.reject(new Error("JetStream is away.")) : Promise.resolve(this.entry)),
    replaceWorkers: (value, revision) => {
      if (this.entry?.revision !== revision) return Promise.resolve(false);
      this.entry = { value, revision: (revision ?? 0) + 1 };
      return Promise.resolve(true);
    },
  };

  async join(worker: string): Promise<{ process: Process; roster: Roster }> {
    const process = new Process(worker);
    const { lanes, world } = this;
    const onCount = (count: number): unknown => this.counts.set(worker, count);
    const roster = new Roster({ lanes, worker, leaseMs: 3_000, clock: world.clockOf(process), onCount });
    await roster.join();
    return { process, roster };
  }

  async passes(ms: number): Promise<void> {
    const until = this.world.now + ms;
    await this.world.run(10_000, 1, () => this.world.now >= until);
    await nextTurn();
  }
}

describe("the roster", () => {
  it("tells each worker how many there are", async () => {
    const office = new Office();
    await office.join("a");
    expect(office.counts.get("a")).toBe(1);
    await office.join("b");
    await office.join("c");
    await office.passes(10_000);
    expect([...office.counts.values()]).toStrictEqual([3, 3, 3]);
  });

  it("strikes off who has not been heard of for a lease, and takes it in again when it wakes", async () => {
    const office = new Office();
    await office.join("a");
    const { process } = await office.join("b");
    process.isAsleep = true;
    await office.passes(10_000);
    expect(office.counts.get("a")).toBe(1);
    expect(Object.keys(office.entry?.value ?? {})).toStrictEqual(["a"]);
    process.isAsleep = false;
    await office.passes(10_000);
    expect([...office.counts.values()]).toStrictEqual([2, 2]);
  });

  it("knows at once of who leaves", async () => {
    const office = new Office();
    await office.join("a");
    const { roster } = await office.join("b");
    await roster.leave();
    expect(Object.keys(office.entry?.value ?? {})).toStrictEqual(["a"]);
  });

  it("goes on while JetStream is away", async () => {
    const office = new Office();
    await office.join("a");
    await office.join("b");
    office.isAway = true;
    await office.passes(10_000);
    office.isAway = false;
    await office.passes(10_000);
    expect([...office.counts.values()]).toStrictEqual([2, 2]);
  });
});
