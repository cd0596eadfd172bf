import { DiscardPolicy, nanos, RetentionPolicy, StorageType } from "nats";
import { inject, describe, expect, it } from "vitest";
import { rejectionOf, uniqueName, useStreams } from "./jetstream.test-support.ts";
import { connectJetStream } from "./index.ts";

const held = useStreams();

describe("ensureStreams", () => {
  it("creates a stream that keeps all history and refuses rather than forgets", async () => {
    const stream = await held.make();
    const { config } = await held.manager.streams.info(stream);
    expect(config).toMatchObject({
      subjects: [`${stream}.>`],
      storage: "file",
      retention: "limits",
      discard: "new",
      max_age: 0,
      max_msgs: -1,
      max_bytes: -1,
      max_msgs_per_subject: -1,
      duplicate_window: nanos(120_000),
      num_replicas: 1,
    });
  });

  it("changes nothing the second time", async () => {
    const stream = await held.make();
    const before = await held.manager.streams.info(stream);
    expect(await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }])).toStrictEqual([
      { name: stream, change: "none", warnings: [] },
    ]);
    expect(await held.manager.streams.info(stream)).toMatchObject({ config: before.config, created: before.created });
  });

  it("adds subjects and takes none away", async () => {
    const stream = await held.make();
    const ensure = async (subjects: string[]): Promise<unknown> => held.jetstream.ensureStreams([{ name: stream, subjects }]);
    expect(await ensure([`${stream}2.>`])).toMatchObject([{ change: "updated" }]);
    expect((await held.manager.streams.info(stream)).config.subjects).toStrictEqual([`${stream}.>`, `${stream}2.>`]);
    expect(await ensure([`${stream}2.>`, `${stream}.>`])).toMatchObject([{ change: "none" }]);
  });

  it("adds nothing where the stream's own subjects cover it already", async () => {
    const stream = await held.make();
    expect(await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.orders.*`] }])).toMatchObject([{ change: "none" }]);
  });

  it("widens a subject: what it covers is not listed beside it, which JetStream would refuse", async () => {
    const stream = await held.make();
    await held.manager.streams.update(stream, { subjects: [`${stream}.orders.*`, `${stream}.carts`, `${stream}2`] });
    expect(await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }])).toMatchObject([{ change: "updated" }]);
    expect((await held.manager.streams.info(stream)).config.subjects).toStrictEqual([`${stream}2`, `${stream}.>`]);
  });

  it("warns of settings that lose history, and leaves them as they are", async () => {
    const stream = uniqueName();
    await held.manager.streams.add({
      name: stream,
      subjects: [`${stream}.>`],
      storage: StorageType.Memory,
      retention: RetentionPolicy.Interest,
      max_msgs: 10,
    });
    const [change] = await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }]);
    expect(change).toStrictEqual({
      name: stream,
      change: "none",
      warnings: [
        `Stream ${stream} drops old messages (max_msgs): what is dropped can never be replayed.`,
        `Stream ${stream} deletes messages once they are acknowledged: it is no log.`,
        `Stream ${stream} is held in memory: a restart of NATS loses it.`,
      ],
    });
    expect((await held.manager.streams.info(stream)).config).toMatchObject({ max_msgs: 10, storage: "memory" });
    await held.manager.streams.delete(stream);
  });

  it.each([
    [{ max_age: nanos(3_600_000) }, ["max_age"]],
    [{ max_msgs_per_subject: 5 }, ["max_msgs_per_subject"]],
    [{ max_msgs_per_subject: 5, discard_new_per_subject: true }, []],
    [{ max_msgs: 5, max_bytes: 5_000 }, []],
    [{ max_msgs: 5, max_bytes: 5_000, discard: DiscardPolicy.Old }, ["max_msgs", "max_bytes"]],
    [{ max_age: nanos(3_600_000), max_msgs_per_subject: 1, discard: DiscardPolicy.Old }, ["max_age", "max_msgs_per_subject"]],
  ])("knows which limits drop history: %j", async (settings, dropping) => {
    const stream = await held.make();
    const { config } = await held.manager.streams.info(stream);
    await held.manager.streams.update(stream, { ...config, ...settings });
    const [change] = await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }]);
    const warning = `Stream ${stream} drops old messages (${dropping.join(", ")}): what is dropped can never be replayed.`;
    expect(change).toStrictEqual({ name: stream, change: "none", warnings: dropping.length === 0 ? [] : [warning] });
  });

  it("gives a stream the duplicate window that its definition names, and leaves one alone that it does not", async () => {
    const stream = await held.make();
    const subjects = [`${stream}.>`];
    const windowOf = async (): Promise<number> => (await held.manager.streams.info(stream)).config.duplicate_window;
    const longer = { name: stream, subjects, duplicateWindow: "1h" };
    expect(await held.jetstream.ensureStreams([longer])).toMatchObject([{ change: "updated" }]);
    expect(await windowOf()).toBe(nanos(3_600_000));
    expect(await held.jetstream.ensureStreams([longer])).toMatchObject([{ change: "none" }]);
    expect(await held.jetstream.ensureStreams([{ name: stream, subjects }])).toMatchObject([{ change: "none" }]);
    expect(await windowOf()).toBe(nanos(3_600_000));
  });

  it("asks no single server for replicas: it would take them, and lose the stream when it starts again", async () => {
    const stream = await held.make();
    const definition = { name: stream, subjects: [`${stream}.>`], replicas: 3 };
    expect((await rejectionOf(held.jetstream.ensureStreams([definition]))).message).toBe(
      `Stream "${stream}" cannot be given 3 replicas: this NATS server is not part of a cluster.`,
    );
    expect((await held.manager.streams.info(stream)).config.num_replicas).toBe(1);
    expect(await held.jetstream.ensureStreams([{ ...definition, replicas: 1 }])).toMatchObject([{ change: "none" }]);
  });

  it("names the stream that cannot be made, and why", async () => {
    const stream = await held.make();
    const other = uniqueName();
    const failure = await rejectionOf(held.jetstream.ensureStreams([{ name: other, subjects: [`${stream}.>`] }]));
    expect(failure.message).toBe(`Stream "${other}" cannot be created: subjects overlap with an existing stream.`);
    const third = await held.make();
    const refused = await rejectionOf(held.jetstream.ensureStreams([{ name: third, subjects: [`${stream}.x`] }]));
    expect(refused.message).toBe(`Stream "${third}" cannot be given the subjects ${stream}.x: subjects overlap with an existing stream.`);
  });
});

describe("streamState", () => {
  it("tells where a stream stands, and nothing of one that is not there", async () => {
    const stream = await held.make();
    expect(await held.jetstream.streamState(stream)).toMatchObject({ name: stream, firstSeq: 0, lastSeq: 0, messages: 0, bytes: 0 });
    await held.jetstream.publish([1, 2, 3].map((n) => ({ subject: `${stream}.x`, payload: Buffer.from(String(n)) })));
    await held.manager.streams.deleteMessage(stream, 1);
    expect(await held.jetstream.streamState(stream)).toMatchObject({ firstSeq: 2, lastSeq: 3, messages: 2 });
    expect(await held.jetstream.streamState(uniqueName())).toBeUndefined();
  });

  it("knows an incarnation by its created time in microseconds", async () => {
    const stream = await held.make();
    const { created } = await held.manager.streams.info(stream);
    const first = (await held.jetstream.streamState(stream))!.epoch;
    const seconds = Math.floor(Date.parse(created) / 1_000);
    expect(Math.floor(first / 1_000_000)).toBe(seconds);
    expect(first % 1_000_000).toBe(Number(/\.(\d+)/.exec(created)![1]!.padEnd(9, "0").slice(0, 6)));
    await held.manager.streams.delete(stream);
    await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }]);
    expect((await held.jetstream.streamState(stream))!.epoch).toBeGreaterThan(first);
  });
});

describe("message", () => {
  it("reads one message by sequence, whatever it holds", async () => {
    const stream = await held.make();
    await held.connection.jetstream().publish(`${stream}.x`, Buffer.from([0, 255, 10]));
    await held.jetstream.publish([{ subject: `${stream}.x`, payload: Buffer.alloc(0), headers: { a: "1" } }]);
    expect(await held.jetstream.message(stream, 1)).toMatchObject({
      seq: 1,
      subject: `${stream}.x`,
      payload: Buffer.from([0, 255, 10]),
      headerBytes: undefined,
    });
    expect(await held.jetstream.message(stream, 2)).toMatchObject({ seq: 2, payload: Buffer.alloc(0) });
    await held.manager.streams.deleteMessage(stream, 1);
    expect(await held.jetstream.message(stream, 1)).toBeUndefined();
    expect(await held.jetstream.message(stream, 99)).toBeUndefined();
  });
});

describe("connecting", () => {
  it("says in one sentence what is wrong", async () => {
    const failure = await rejectionOf(connectJetStream({ url: "nats://127.0.0.1:1" }));
    expect(failure.message).toBe(
      'Cannot connect to NATS at nats://127.0.0.1:1: nothing listens there: start it, for instance with "hydrograph up".',
    );
    expect((await rejectionOf(connectJetStream({ url: "nats://no-such-host.invalid:4222" }))).message).toBe(
      "Cannot connect to NATS at nats://no-such-host.invalid:4222: the host name is unknown.",
    );
  });

  it("knows whether it is connected", async () => {
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    expect(jetstream.isConnected()).toBe(true);
    await jetstream.close();
    expect(jetstream.isConnected()).toBe(false);
  });
});
