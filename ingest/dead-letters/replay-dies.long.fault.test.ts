import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { verify } from "../index.ts";
import { someEvents } from "../ingest.test-support.ts";
import {
  CRASHES,
  dyingAt,
  problemsAfter,
  refusedEvents,
  replayPipeline,
  ROLLUP,
  stepOf,
  until,
  type ReplayPipeline,
} from "./replay.test-support.ts";

const THOROUGH = inject("thorough");
/** Each step, before and after, with the same code and with other code when it goes on. Of two neighbours one is enough for a quick look. */
const EVERY_DEATH = CRASHES.flatMap((crash) => [true, false].map((sameCode) => ({ ...crash, sameCode })));

let pipeline: ReplayPipeline;

beforeEach(async () => {
  pipeline = await replayPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

async function command(sql: string): Promise<void> {
  await pipeline.clickhouse.command({ name: "Test", sql });
}

/** Publishes and ingests `good` events that go in and `bad` ones that are refused. */
async function withLetters(good: number, bad: number): Promise<void> {
  await pipeline.publish(someEvents(0, good));
  await pipeline.publish(refusedEvents(good, good + bad));
  await pipeline.ingest();
}

describe("a replay that dies", () => {
  test.each(THOROUGH ? EVERY_DEATH : EVERY_DEATH.filter((_, index) => index % 4 === 0 || index % 4 === 3))(
    "$when step $at is brought to its end by the next one (same code: $sameCode)",
    async ({ at, sameCode, when }) => {
      await withLetters(20, 30);
      const [one, two] = refusedEvents(50, 52);
      await pipeline.publishRaw([JSON.stringify([...someEvents(52, 54), one, two])]);
      await pipeline.ingest();
      await expect(pipeline.replay({ through: dyingAt(pipeline, { at, when }) })).rejects.toThrow("The process is dead.");
      expect((await verify({ clickhouse: pipeline.clickhouse })).lanes[0]?.problems).toEqual([]);
      const report = await pipeline.replay({ project: sameCode ? pipeline.mended : pipeline.other });
      const wasDeclared = !(at === "declare" && when === "before");
      const wasClosed = at === "close" && when === "after";
      expect(report).toMatchObject({ replayed: wasClosed ? 0 : 32, settled: wasDeclared && !wasClosed ? 32 : 0 });
      expect(await problemsAfter(pipeline, 54)).toEqual([]);
      expect(await pipeline.replay()).toMatchObject({ replayed: 0, settled: 0 });
    },
  );

  test("behind the events and before the view is completed in the view", async () => {
    await withLetters(10, 15);
    const view = String(
      await pipeline.value(
        `SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = '${ROLLUP.viewName}'`,
      ),
    );
    // ClickHouse dies between the two: as if the view had not been there for this one insert.
    await command(`DROP VIEW ${ROLLUP.viewName} SYNC`);
    await expect(pipeline.replay({ through: dyingAt(pipeline, { at: "insert", when: "after" }) })).rejects.toThrow("The process is dead.");
    await command(view);
    expect(await pipeline.replay()).toMatchObject({ settled: 15 });
    expect(await problemsAfter(pipeline, 25)).toEqual([]);
  });

  test.each(["allow", "insert"] as const)("in its sleep before %s inserts nothing a second time when it wakes", async (at) => {
    await withLetters(10, 15);
    const alarm = new AbortController();
    const sleeping = once(alarm.signal, "abort");
    let asleep = false;
    const nap = async (isStep: boolean): Promise<void> => {
      if (isStep) asleep = true;
      if (asleep) await sleeping;
    };
    const { clickhouse, jetstream } = pipeline;
    const dreamer = pipeline.replay({
      worker: "dreamer",
      through: {
        clickhouse: {
          ...clickhouse,
          insert: async (insert) => {
            await nap(at === stepOf(insert));
            await clickhouse.insert({
              table: insert.table,
              columns: insert.columns,
              format: insert.format,
              body: insert.body,
              token: insert.token,
            });
          },
        },
        jetstream: {
          ...jetstream,
          lanes: async (project, replicas) => {
            const lanes = await jetstream.lanes(project, replicas);
            return {
              ...lanes,
              replace: async (lane, value, revision) => {
                await nap(at === "allow" && value.intent !== undefined);
                return lanes.replace(lane, value, revision);
              },
            };
          },
        },
      },
    });
    const ended = dreamer.then(
      () => "replayed",
      () => "lost its claim",
    );
    await until(() => asleep);
    expect(await pipeline.replay({ worker: "awake" })).toMatchObject({ replayed: 15, settled: 15 });
    alarm.abort();
    expect(await ended).toBe("lost its claim");
    expect(await problemsAfter(pipeline, 25)).toEqual([]);
    expect(await pipeline.replay()).toMatchObject({ replayed: 0, settled: 0 });
  });
});
