import { inject, afterAll, describe, expect, it } from "vitest";
import { connectJetStream, type LaneValue } from "./index.ts";
import { rejectionOf, uniqueName, useStreams } from "./jetstream.test-support.ts";

const held = useStreams();
const project = uniqueName();
const value = (beat: number, changes: Partial<LaneValue> = {}): LaneValue => ({ epoch: 1, generation: 1, committed: 0, beat, ...changes });

afterAll(async () => {
  const jetstream = await connectJetStream({ url: inject("natsUrl") });
  await held.manager.streams.delete(`KV_hydrograph_${project}`).catch(() => false);
  await jetstream.close();
});

describe("a lane's checkpoint", () => {
  it("is nothing, then created once, then replaced by whoever knows the last revision", async () => {
    const lanes = await held.jetstream.lanes(project);
    expect(await lanes.read("A")).toBeUndefined();
    const created = await lanes.replace("A", value(1), undefined);
    expect(created).toBeTypeOf("number");
    expect(await lanes.read("A")).toStrictEqual({ value: value(1), revision: created, changedAt: expect.any(Number) });
    expect(await lanes.replace("A", value(2, { owner: "other" }), undefined)).toBeUndefined();
    const next = value(2, { owner: "me", intent: { first: 1, last: 9, fingerprint: "f" } });
    const replaced = await lanes.replace("A", next, created);
    expect(replaced).toBeGreaterThan(created!);
    expect(await lanes.replace("A", value(3, { owner: "late" }), created)).toBeUndefined();
    expect(await lanes.read("A")).toStrictEqual({ value: next, revision: replaced, changedAt: expect.any(Number) });
  });

  it("takes a repetition of the same write for the write itself: its answer may have got lost", async () => {
    const lanes = await held.jetstream.lanes(project);
    const created = await lanes.replace("B", value(1, { owner: "me" }), undefined);
    expect(await lanes.replace("B", value(1, { owner: "me" }), undefined)).toBe(created);
    const next = await lanes.replace("B", value(2, { owner: "me" }), created);
    expect(await lanes.replace("B", value(2, { owner: "me" }), created)).toBe(next);
  });

  it("has one winner of each round, whoever takes part", async () => {
    const others = await Promise.all([1, 2, 3, 4].map(async () => connectJetStream({ url: inject("natsUrl") })));
    const lanes = await Promise.all(others.map(async (each) => each.lanes(project)));
    let revision: number | undefined;
    for (let round = 1; round <= 20; round += 1) {
      const results = await Promise.all(
        lanes.map(async (each, index) => each.replace("C", value(round, { owner: `w${index}` }), revision)),
      );
      const winners = results.flatMap((result, index) => (result === undefined ? [] : [{ result, index }]));
      expect(winners).toHaveLength(1);
      expect(await lanes[0]!.read("C")).toMatchObject({ value: { owner: `w${winners[0]!.index}`, beat: round } });
      revision = winners[0]!.result;
    }
    await Promise.all(others.map(async (each) => each.close()));
  });

  it.each([
    "",
    "junk",
    "{}",
    "null",
    '{"epoch":1.5,"generation":1,"committed":0,"beat":1}',
    '{"epoch":1,"generation":1,"committed":"0","beat":1}',
  ])("that is %j is as good as none, and can be replaced", async (text) => {
    const lanes = await held.jetstream.lanes(project);
    const kv = await held.connection.jetstream().views.kv(`hydrograph_${project}`);
    const revision = await kv.put("D", text);
    expect(await lanes.read("D")).toStrictEqual({ value: undefined, revision, changedAt: expect.any(Number) });
    expect(await lanes.replace("D", value(1), revision)).toBeGreaterThan(revision);
    expect(await lanes.read("D")).toMatchObject({ value: value(1) });
  });

  it.each(["delete", "purge"] as const)("can be made again after a %s", async (how) => {
    const lanes = await held.jetstream.lanes(project);
    const lane = `E-${how}`;
    const revision = await lanes.replace(lane, value(1), undefined);
    const kv = await held.connection.jetstream().views.kv(`hydrograph_${project}`);
    await kv[how](lane);
    expect(await lanes.read(lane)).toBeUndefined();
    expect(await lanes.replace(lane, value(5), revision)).toBeUndefined();
    expect(await lanes.replace(lane, value(2), undefined)).toBeGreaterThan(revision!);
    expect(await lanes.read(lane)).toMatchObject({ value: value(2) });
  });

  it("keeps what a later version adds to it out of our way", async () => {
    const lanes = await held.jetstream.lanes(project);
    const kv = await held.connection.jetstream().views.kv(`hydrograph_${project}`);
    await kv.put("F", JSON.stringify({ ...value(3), more: [1] }));
    expect(await lanes.read("F")).toMatchObject({ value: value(3) });
  });

  it("holds the workers beside the checkpoints, changed by compare-and-set too", async () => {
    const lanes = await held.jetstream.lanes(project);
    expect(await lanes.readWorkers()).toBeUndefined();
    expect(await lanes.replaceWorkers({ a: 1 }, undefined)).toBe(true);
    expect(await lanes.replaceWorkers({ b: 1 }, undefined)).toBe(false);
    const entry = await lanes.readWorkers();
    expect(entry?.value).toStrictEqual({ a: 1 });
    expect(await lanes.replaceWorkers({ a: 2, b: 1 }, entry?.revision)).toBe(true);
    expect(await lanes.replaceWorkers({ c: 1 }, entry?.revision)).toBe(false);
    expect((await lanes.readWorkers())?.value).toStrictEqual({ a: 2, b: 1 });
    const kv = await held.connection.jetstream().views.kv(`hydrograph_${project}`);
    await kv.put("project.workers", "no workers");
    expect(await lanes.readWorkers()).toMatchObject({ value: {} });
  });

  it("is not made by looking for it", async () => {
    const other = uniqueName();
    const lanes = await held.jetstream.lanes(other);
    expect(await lanes.read("A")).toBeUndefined();
    expect(await held.jetstream.streamState(`KV_hydrograph_${other}`)).toBeUndefined();
    expect(await lanes.replace("A", value(1), undefined)).toBe(1);
    expect(await held.jetstream.streamState(`KV_hydrograph_${other}`)).toMatchObject({ lastSeq: 1 });
    await held.manager.streams.delete(`KV_hydrograph_${other}`);
  });

  it("is as good as none when the bucket is deleted, and made again", async () => {
    const other = uniqueName();
    const lanes = await held.jetstream.lanes(other);
    const revision = await lanes.replace("A", value(1), undefined);
    await lanes.replace("A", value(2), revision);
    await held.manager.streams.delete(`KV_hydrograph_${other}`);
    expect(await lanes.read("A")).toBeUndefined();
    expect(await lanes.replace("A", value(3), 2)).toBeUndefined();
    expect(await lanes.replace("A", value(3), undefined)).toBe(1);
    expect(await lanes.read("A")).toMatchObject({ value: value(3) });
    await held.manager.streams.delete(`KV_hydrograph_${other}`);
  });

  it("has the copies that it is told, where there is a cluster to hold them", async () => {
    const other = uniqueName();
    const lanes = await held.jetstream.lanes(other, 3);
    const failure = await rejectionOf(lanes.replace("A", value(1), undefined));
    expect(failure.message).toBe(
      `The bucket "hydrograph_${other}" of checkpoints cannot be made: replicas > 1 not supported in non-clustered mode.`,
    );
  });
});
