import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { someEvents } from "../ingest.test-support.ts";
import { switchPipeline, until, type Switching, type SwitchPipeline } from "./switch.test-support.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
/** Every moment, or every fifth, which are others each time: odd strides meet those before and those after a change in turn. */
const STRIDE = inject("thorough") ? 1 : 5;
const FIRST = 1 + (seed % STRIDE);
/** There and back, or there and back again and again. */
const ROUNDS = inject("thorough") ? 8 : 2;

let pipeline: SwitchPipeline;

beforeEach(async () => {
  pipeline = await switchPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

/** A process that dies at its `moment`th change of anything: the change does not happen, or its answer is never heard; after it nothing does. */
function dyingAt(
  { clickhouse: live, into, jetstream: log }: SwitchPipeline,
  moment: number,
  isDone: boolean,
): { servers: Switching; hasDied: () => boolean } {
  let changes = 0;
  const change = async <Answer>(action: () => Promise<Answer>): Promise<Answer> => {
    changes += 1;
    if (changes === moment && isDone) await action();
    if (changes >= moment) throw new Error("The process is dead.");
    return action();
  };
  const dying = (clickhouse: ClickHouse): ClickHouse => ({
    ...clickhouse,
    command: (statement) => change(() => clickhouse.command(statement)),
    insert: (insert) => change(() => clickhouse.insert(insert)),
  });
  const jetstream: JetStream = {
    ...log,
    lanes: async (database) => {
      const lanes = await log.lanes(database);
      return { ...lanes, replace: (lane, value, revision) => change(() => lanes.replace(lane, value, revision)) };
    },
  };
  return { servers: { live: dying(live), other: dying(into), jetstream }, hasDied: () => changes >= moment };
}

describe(`a switch (SEED=${seed})`, () => {
  it("lets databases change places under workers and a producer, and back", async () => {
    await pipeline.publish(someEvents(0, 500));
    const worker = pipeline.start("live");
    await pipeline.catchUp();
    for (let round = 0; round < ROUNDS; round += 1) {
      const publishing = pipeline.publish(someEvents(500 + round * 500, 1_000 + round * 500));
      await pipeline.switchOver();
      await publishing;
    }
    const expected = String(500 + ROUNDS * 500);
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === expected);
    worker.stop.abort();
    await worker.done;
    expect(await pipeline.books(pipeline.clickhouse)).toEqual({ problems: [], events: expected, ids: expected, rollup: expected });
  });

  it("killed at any moment is finished by the next, and workers insert nothing in between", { timeout: 300_000 }, async () => {
    let published = 0;
    const publish = async (): Promise<void> => {
      await pipeline.publish(someEvents(published, published + 150));
      published += 150;
    };
    await publish();
    const worker = pipeline.start("live");
    let moment = FIRST;
    for (let alive = false; !alive; moment += STRIDE) {
      const { hasDied, servers } = dyingAt(pipeline, moment, moment % 2 === 1);
      await publish();
      const ending = await pipeline.switchOver(servers).then(
        () => "ended",
        () => "died",
      );
      expect(ending).toBe(hasDied() ? "died" : "ended");
      alive = !hasDied();
      await publish();
      if (!alive) await pipeline.switchOver();
    }
    expect(moment).toBeGreaterThan(11);
    const expected = String(published);
    await until(async () => (await pipeline.value("SELECT count() FROM events")) === expected);
    worker.stop.abort();
    await worker.done;
    const all = { problems: [], events: expected, ids: expected, rollup: expected };
    expect(await pipeline.books(pipeline.clickhouse)).toEqual(all);
    await pipeline.catchUp();
    expect(await pipeline.books(pipeline.into)).toEqual(all);
  });
});
