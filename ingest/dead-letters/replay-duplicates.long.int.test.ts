import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomFrom } from "../../tests/support/random.ts";
import { listDeadLetters, replayDeadLetters, verify } from "../index.ts";
import { dyingAt, problemsAfter, replayPipeline, until, type ReplayPipeline } from "./replay.test-support.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

let pipeline: ReplayPipeline;

beforeEach(async () => {
  pipeline = await replayPipeline({ deduplicate: { within: "1h" } });
});

afterEach(async () => {
  await pipeline.close();
});

const event = (id: string, n: unknown): object => ({ specversion: "1.0", id, source: "test", type: "thing.happened", data: { n } });
const sound = (id: string): object => event(id, 1);
/** Refused by the first config, taken by the mended one. */
const refused = (id: string): object => event(id, "one");

/** Publishes a message for each. */
async function publish(...messages: readonly (object | readonly object[])[]): Promise<void> {
  await pipeline.publishRaw(messages.map((message) => JSON.stringify(message)));
}

const rows = (): Promise<unknown> =>
  pipeline.value("SELECT groupArray((seq, idx, id)) FROM (SELECT toUInt32(seq) AS seq, idx, id FROM events ORDER BY seq, idx)");

const committed = async (): Promise<number> => Number(await pipeline.value("SELECT max(l.last) FROM ingest_ledger AS l"));

describe("a letter whose event is in from another message", () => {
  test("is discarded, whichever was first, and says what it is a duplicate of; of two letters the first goes in", async () => {
    await publish(refused("a"), sound("a"), sound("b"), refused("b"), refused("c"), refused("c"), refused("d"));
    await pipeline.ingest();
    const would = await pipeline.replay({ dryRun: true });
    const report = await pipeline.replay();
    expect(report).toEqual(would);
    expect(report).toMatchObject({ replayed: 2, eventRows: 2, duplicates: 3, refused: [] });
    expect(await rows()).toEqual([
      [2, 0, "a"],
      [3, 0, "b"],
      [5, 0, "c"],
      [7, 0, "d"],
    ]);
    const letters = await listDeadLetters(pipeline.clickhouse, { filter: { state: "any" }, limit: 10 });
    expect(letters.map(({ seq, state }) => [seq, state])).toEqual([
      [7, "replayed"],
      [6, "discarded"],
      [5, "replayed"],
      [4, "discarded"],
      [1, "discarded"],
    ]);
    expect(
      await pipeline.value("SELECT groupArray(reason) FROM (SELECT reason FROM dead_letter_resolutions WHERE reason != '' ORDER BY seq)"),
    ).toEqual([2, 3, 5].map((seq) => `a duplicate: the event is in from message ${seq}`));
    expect(await problemsAfter(pipeline, 4)).toEqual([]);
    expect(await pipeline.replay({ filter: { state: "discarded" } })).toMatchObject({ replayed: 0, duplicates: 3 });
    expect(await problemsAfter(pipeline, 4)).toEqual([]);
  });

  test("is replayed where the project keeps every event, and where the other is `within` away", async () => {
    await pipeline.close();
    pipeline = await replayPipeline({ deduplicate: { within: "1ms" } });
    await publish(refused("a"));
    await sleep(10);
    await publish(sound("a"), refused("b"), sound("b"));
    await pipeline.ingest();
    expect(await pipeline.replay({ filter: { seq: { from: 1, to: 1 } } })).toMatchObject({ replayed: 1, duplicates: 0 });
    const { deduplicate: _without, ...plain } = pipeline.mended;
    expect(await pipeline.replay({ project: plain })).toMatchObject({ replayed: 1, duplicates: 0 });
    expect(await problemsAfter(pipeline, 4)).toEqual([]);
  });

  test("and stands for a message of several stays open while only some are in, as they come in together", async () => {
    const limits = { batchRows: 100, batchAge: "200ms", lease: "1s" };
    await pipeline.close();
    pipeline = await replayPipeline({ deduplicate: { within: "1h" }, limits: { ...limits, maxPayload: 150 } });
    const raised = { ...pipeline.mended, limits: { ...pipeline.mended.limits, maxPayload: 10_000 } };
    await publish(sound("a"), [sound("a"), sound("b")], [sound("c"), sound("d")], [sound("a"), sound("a")]);
    await pipeline.ingest();
    expect(await pipeline.replay({ project: raised })).toMatchObject({
      replayed: 1,
      eventRows: 2,
      duplicates: 1,
      refused: [{ reason: "duplicate", detail: "of its events some are in from other messages", letters: 1, newest_seq: 2 }],
    });
    expect(await rows()).toEqual([
      [1, 0, "a"],
      [3, 0, "c"],
      [3, 1, "d"],
    ]);
    expect(await problemsAfter(pipeline, 3)).toEqual([]);
  });
});

describe("an event that comes again after its letter was replayed", () => {
  test("is a duplicate to the worker at work, which fills its window anew", async () => {
    const worker = pipeline.start("a");
    await publish(refused("a"), sound("b"));
    await until(async () => (await committed()) === 2);
    expect(await pipeline.replay()).toMatchObject({ replayed: 1 });
    await publish(sound("a"), sound("c"));
    await until(async () => (await committed()) === 4);
    worker.stop.abort();
    await worker.done;
    expect(await rows()).toEqual([
      [1, 0, "a"],
      [2, 0, "b"],
      [4, 0, "c"],
    ]);
    expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({
      ok: true,
      received: 4,
      inserted: 2,
      duplicates: 1,
      deadLettered: 1,
    });
  });

  test.each(["allow", "insert"] as const)("is one also where the replay died before step %s, and is finished later", async (at) => {
    await publish(refused("a"), sound("b"));
    await pipeline.ingest();
    await expect(pipeline.replay({ through: dyingAt(pipeline, { at, when: "before" }) })).rejects.toThrow("The process is dead.");
    await publish(sound("a"));
    await pipeline.ingest({ events: pipeline.mended.events });
    expect(await rows()).toEqual([[2, 0, "b"]]);
    expect(await pipeline.replay()).toMatchObject({ replayed: 1, settled: 1, duplicates: 0 });
    expect(await problemsAfter(pipeline, 2)).toEqual([]);
  });

  test("and came in while a replay was declared that was never allowed: the letter is left out", async () => {
    await publish(refused("a"), sound("b"));
    await pipeline.ingest();
    await expect(pipeline.replay({ through: dyingAt(pipeline, { at: "declare", when: "after" }) })).rejects.toThrow("The process is dead.");
    await publish(sound("a"));
    // A worker that does not know of the declaration: as if it had filled its window before.
    await pipeline.ingest({ deduplicate: { within: "1ms" } });
    expect(await pipeline.replay()).toMatchObject({ replayed: 0, duplicates: 1 });
    expect(await rows()).toEqual([
      [2, 0, "b"],
      [3, 0, "a"],
    ]);
    expect(await problemsAfter(pipeline, 2)).toEqual([]);
  });
});

test("a batch that broke off is left to a worker, and waited for", async () => {
  const { clickhouse, jetstream, mended, stream } = pipeline;
  await publish(refused("a"));
  await pipeline.ingest();
  await publish(sound("a"), sound("b"));
  await pipeline.ingestUntilInsertInto("ingest_ledger");
  const said: string[] = [];
  const onWait = (sentence: string): number => said.push(sentence);
  const replay = replayDeadLetters({
    project: mended,
    clickhouse,
    jetstream,
    worker: "tester",
    signal: new AbortController().signal,
    onWait,
  });
  await until(() => said.length > 0);
  expect(said).toEqual([`A batch of ${stream} broke off: waiting for a worker to settle it ("hydrograph ingest").`]);
  await pipeline.ingest();
  expect(await replay).toMatchObject({ replayed: 0, duplicates: 1 });
  expect(await rows()).toEqual([
    [2, 0, "a"],
    [3, 0, "b"],
  ]);
  expect(await problemsAfter(pipeline, 2)).toEqual([]);
});

test(`whenever letters are replayed beside a worker, each key is in once at the end (SEED=${seed})`, async () => {
  const random = randomFrom(seed);
  const keys = Array.from({ length: 80 }, (_, index) => `k${index}`);
  const worker = pipeline.start("a");
  for (let round = 0; round < 6; round += 1) {
    const messages = Array.from({ length: 40 }, () => {
      const key = keys[Math.floor(random() * keys.length)] ?? "";
      return random() < 0.7 ? refused(key) : sound(key);
    });
    await publish(...messages.slice(0, 20));
    if (random() < 0.7) await until(async () => (await committed()) >= round * 40 + 20);
    await Promise.all([publish(...messages.slice(20)), pipeline.replay()]);
  }
  await publish(...keys.map(sound));
  await until(async () => (await committed()) === 6 * 40 + keys.length);
  worker.stop.abort();
  await worker.done;
  await pipeline.replay();
  expect(await pipeline.value("SELECT groupArray(id) FROM (SELECT id FROM events ORDER BY id)")).toEqual(keys.toSorted());
  expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, openLetters: 0 });
});
