import { describe, expect, it } from "vitest";
import { rollupTable } from "../../clickhouse/index.ts";
import { someEvents } from "../../ingest/ingest.test-support.ts";
import { atEachGrain } from "../../model/index.ts";
import { rollupStatus, unfinishedRebuilds } from "../index.ts";
import { rebuildBenches, subjects, things } from "./rebuild.test-support.ts";

const bench = rebuildBenches();

describe("a rebuild", () => {
  it("pauses between ranges and goes on, without filling a range twice, and leaves the rollups of other grains alone", async () => {
    const { answer, expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 1_000));
    await pipeline.ingest();
    await migrate();
    const [finest, middle, coarsest] = atEachGrain(subjects);
    await rebuild(finest!);
    const stop = new AbortController();
    const paused = await rebuild(middle!, { signal: stop.signal, onProgress: () => stop.abort() });
    expect([paused.complete, paused.read < 1_000, paused.read > 0]).toEqual([false, true, true]);
    expect((await answer("subjects", "auto")).table).toBe(rollupTable(finest!).name);
    expect(await unfinishedRebuilds(pipeline.clickhouse)).toMatchObject([{ rollup: paused.rollup, phase: "filling" }]);
    const status = await rollupStatus(pipeline.clickhouse, [subjects]);
    expect(status.map(({ complete }) => complete)).toEqual([true, false, false]);
    await rebuild(coarsest!);
    expect(await unfinishedRebuilds(pipeline.clickhouse)).toMatchObject([{ rollup: paused.rollup, phase: "filling" }]);
    const rest = await rebuild(middle!);
    expect(paused.read + rest.read).toBe(1_000);
    await expectEqual([subjects]);
  });

  it("waits for a worker that settles a batch that broke off", async () => {
    const { expectEqual, migrate, pipeline, rebuild } = bench();
    await pipeline.publish(someEvents(0, 200));
    await pipeline.ingest();
    await migrate();
    await pipeline.publish(someEvents(200, 300));
    await pipeline.ingestUntilInsertInto("ingest_ledger");
    const steps: string[] = [];
    const rebuilt = rebuild(things, { onStep: (step) => steps.push(step) });
    await expect.poll(() => steps.join("\n"), { timeout: 20_000 }).toMatch(/waiting for a batch of/);
    await pipeline.ingest();
    await rebuilt;
    await expectEqual([things]);
  });
});
