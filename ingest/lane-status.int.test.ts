import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { administer } from "../jetstream/administer.test-support.ts";
import { laneStatus, type LaneStatus } from "./index.ts";
import { someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

async function status(): Promise<LaneStatus | undefined> {
  return (await laneStatus(pipeline))[0];
}

describe("the status of a lane", () => {
  test("is unclaimed, with nothing behind, before and after a worker", async () => {
    const idle = { state: "unclaimed", owner: undefined, beatSeconds: undefined, lagMessages: 0, lagSeconds: 0 };
    expect(await status()).toStrictEqual({ stream: pipeline.stream, ...idle, lastSeq: 0, committed: 0 });
    await pipeline.publish(someEvents(0, 5));
    expect(await status()).toMatchObject({ lastSeq: 5, committed: 0, lagMessages: 5, lagSeconds: expect.any(Number) });
    await pipeline.ingest();
    expect(await status()).toStrictEqual({ stream: pipeline.stream, ...idle, lastSeq: 5, committed: 5 });
  });

  test("is claimed while the owner renews it, and stale once it has not for longer than the lease", async () => {
    const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
    await lanes.replace(pipeline.stream, { epoch: 0, generation: 1, committed: 0, owner: "w/1", beat: 1 }, undefined);
    const [claimed] = await laneStatus({
      ...pipeline,
      project: { ...pipeline.project, limits: { ...pipeline.project.limits, lease: "1h" } },
    });
    expect(claimed).toMatchObject({ state: "claimed", owner: "w/1" });
    expect(claimed?.beatSeconds).toBeLessThan(60);
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ state: "stale", owner: "w/1" });
    expect((await status())?.beatSeconds).toBeGreaterThan(1);
  });

  test("knows nothing of a stream that is not there", async () => {
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    expect(await status()).toMatchObject({ state: "stream-missing", lastSeq: undefined, committed: undefined, lagMessages: undefined });
  });
});
