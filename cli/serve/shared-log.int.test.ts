import { afterAll, beforeAll, expect, test } from "vitest";
import { someEvents, testPipeline, type TestPipeline } from "../../ingest/ingest.test-support.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { sharedLog } from "./shared-log.ts";

let pipeline: TestPipeline;
beforeAll(async () => {
  pipeline = await testPipeline();
  await pipeline.publish(someEvents(0, 20));
});
afterAll(() => pipeline.close());

test("asks over one connection, for questions at the same time once, and connects again after a failure", async () => {
  let opened = 0;
  let closed = 0;
  let broken = false;
  let looks = 0;
  const open = async (): Promise<JetStream> => {
    opened += 1;
    return {
      ...pipeline.jetstream,
      streamState: (name) => {
        looks += 1;
        return broken ? Promise.reject(new Error("cut off")) : pipeline.jetstream.streamState(name);
      },
      close: async () => void (closed += 1),
    };
  };
  const log = sharedLog(pipeline.project, pipeline.clickhouse, open, -1);
  expect(await log.ingestedUntil()).toBeUndefined();
  await pipeline.ingest();
  looks = 0;
  const before = Date.now();
  const together = await Promise.all([log.ingestedUntil(), log.ingestedUntil(), log.ingestedUntil()]);
  for (const until of together) expect(until?.getTime()).toBeGreaterThanOrEqual(before);
  expect([opened, closed, looks]).toEqual([1, 0, 1]);
  expect(await log.lanes()).toMatchObject([{ lagMessages: 0 }]);

  broken = true;
  expect(await log.ingestedUntil()).toBeUndefined();
  await expect(log.lanes()).rejects.toThrow("cut off");
  broken = false;
  expect(await log.ingestedUntil()).toBeInstanceOf(Date);
  await log.close();
  expect([opened, closed]).toEqual([3, 3]);
});

test("knows nothing where nobody said where NATS is", async () => {
  const log = sharedLog(pipeline.project, pipeline.clickhouse, () => Promise.resolve(undefined));
  expect([await log.ingestedUntil(), await log.lanes()]).toEqual([undefined, undefined]);
  await log.close();
});
