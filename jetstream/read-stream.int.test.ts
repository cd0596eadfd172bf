import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AckPolicy } from "nats";
import { describe, expect, it } from "vitest";
import { startNats } from "../embedded/index.ts";
import { connectJetStream, type ReaderStatus } from "./index.ts";
import { numbered, range, record, rejectionOf, uniqueName, useStreams } from "./jetstream.test-support.ts";

const held = useStreams();
const patiently = { timeout: 30_000, interval: 20 };

/** A stream with `count` messages. */
async function filled(count: number): Promise<{ stream: string; epoch: number }> {
  const stream = await held.make();
  await held.jetstream.publish(numbered(stream, count));
  return { stream, epoch: await epochOf(stream) };
}

async function epochOf(stream: string): Promise<number> {
  return (await held.jetstream.streamState(stream))!.epoch;
}

const consumersOf = async (stream: string): Promise<string[]> =>
  (await held.manager.consumers.list(stream).next()).map((consumer) => consumer.name);
const types = (statuses: readonly ReaderStatus[]): string[] => statuses.map((status) => status.type);

describe("a reader", () => {
  it("hands out every message once, in order, with what JetStream knows of it", async () => {
    const before = Date.now() * 1_000;
    const { stream, epoch } = await filled(25_000);
    const { messages, seqs, reader } = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => messages.length, patiently).toBe(25_000);
    expect(seqs()).toStrictEqual(range(1, 25_000));
    expect(messages.map((message) => message.payload.toString())).toStrictEqual(range(0, 24_999).map(String));
    expect(messages[0]).toMatchObject({ subject: `${stream}.x`, pending: 24_999, deliverySeq: 1 });
    const times = messages.map((message) => message.storedAt);
    expect(times).toStrictEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(before - 1_000);
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now() * 1_000 + 1_000);
    await reader.stop();
    expect(await consumersOf(stream)).toStrictEqual([]);
  });

  it("starts where it is told, passes over what is gone, and goes on with what comes", async () => {
    const { stream, epoch } = await filled(10);
    await held.manager.streams.deleteMessage(stream, 5);
    await held.manager.streams.deleteMessage(stream, 6);
    await held.manager.streams.deleteMessage(stream, 10);
    const { seqs, statuses, reader } = record(held.jetstream, { stream, epoch, from: 4 });
    await expect.poll(() => statuses, patiently).toContainEqual({ type: "caught-up", lastSeq: 10 });
    expect(seqs()).toStrictEqual([4, 7, 8, 9]);
    expect(statuses[0]).toStrictEqual({ type: "opened", remaining: 4 });
    await held.jetstream.publish(numbered(stream, 3));
    await expect.poll(seqs, patiently).toStrictEqual([4, 7, 8, 9, 11, 12, 13]);
    expect(types(statuses)).not.toContain("reopened");
    await reader.stop();
  });

  it("says that it has caught up with a stream that was purged, and with an empty one", async () => {
    const { stream, epoch } = await filled(10);
    await held.manager.streams.purge(stream);
    const purged = record(held.jetstream, { stream, epoch, from: 1 });
    const empty = await held.make();
    const nothing = record(held.jetstream, { stream: empty, epoch: await epochOf(empty), from: 1 });
    await expect.poll(() => purged.statuses, patiently).toContainEqual({ type: "caught-up", lastSeq: 10 });
    await expect.poll(() => nothing.statuses, patiently).toContainEqual({ type: "caught-up", lastSeq: 0 });
    await held.jetstream.publish([...numbered(stream, 1), ...numbered(empty, 1)]);
    await expect.poll(() => [purged.seqs(), nothing.seqs()], patiently).toStrictEqual([[11], [1]]);
    await Promise.all([purged.reader.stop(), nothing.reader.stop()]);
  });

  it("keeps headers as bytes", async () => {
    const stream = await held.make();
    await held.jetstream.publish([
      { subject: `${stream}.a.b`, payload: Buffer.alloc(0), messageId: "1", headers: { "ce-id": "7" }, contentType: "text/plain" },
    ]);
    await held.connection.jetstream().publish(`${stream}.plain`, Buffer.from("x"));
    const { messages, reader } = record(held.jetstream, { stream, epoch: await epochOf(stream), from: 1 });
    await expect.poll(() => messages.length, patiently).toBe(2);
    expect(messages[1]).toMatchObject({ headerBytes: undefined, payload: Buffer.from("x") });
    expect(messages[0]).toMatchObject({ subject: `${stream}.a.b`, payload: Buffer.alloc(0) });
    expect(messages[0]!.headerBytes!.toString()).toBe("NATS/1.0\r\nNats-Msg-Id: 1\r\ncontent-type: text/plain\r\nce-id: 7\r\n\r\n");
    const again = await held.jetstream.message(stream, 1);
    expect({ ...again, pending: 0, deliverySeq: 1 }).toStrictEqual({ ...messages[0], pending: 0, deliverySeq: 1 });
    await reader.stop();
  });
});

describe("pausing", () => {
  it("holds back what is under way, bounded by the window, and hands it out first afterwards", async () => {
    const stream = await held.make();
    const size = 10_000;
    await held.jetstream.publish(Array.from({ length: 500 }, () => ({ subject: `${stream}.x`, payload: Buffer.alloc(size) })));
    const recording = record(held.jetstream, { stream, epoch: await epochOf(stream), from: 1, windowBytes: 20 * size });
    recording.reader.pause();
    await expect.poll(() => recording.statuses.length, patiently).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(recording.messages).toHaveLength(0);
    const [consumer] = await held.manager.consumers.list(stream).next();
    expect(consumer!.delivered.stream_seq).toBeLessThanOrEqual(20);
    recording.reader.resume();
    await expect.poll(() => recording.messages.length, patiently).toBe(500);
    expect(recording.seqs()).toStrictEqual(range(1, 500));
    await recording.reader.stop();
  });

  it("may happen in the middle of handing out, again and again", async () => {
    const { stream, epoch } = await filled(3_000);
    let room = 7;
    const seqs: number[] = [];
    const { reader } = record(held.jetstream, {
      stream,
      epoch,
      from: 1,
      onMessage: (message) => {
        seqs.push(message.seq);
        room -= 1;
        if (room === 0) reader.pause();
      },
    });
    while (seqs.length < 3_000) {
      await expect.poll(() => room === 0 || seqs.length === 3_000, patiently).toBe(true);
      room = 1 + (seqs.length % 311);
      reader.resume();
    }
    expect(seqs).toStrictEqual(range(1, 3_000));
    await reader.stop();
  });

  it("is not undone by requests that pile up, whether they end by messages or by bytes", async () => {
    const stream = await held.make();
    const windowBytes = 2_000_000;
    const recording = record(held.jetstream, { stream, epoch: await epochOf(stream), from: 1, windowBytes });
    const large = Array.from({ length: 5 }, () => ({ subject: `${stream}.x`, payload: Buffer.alloc(900_000) }));
    for (let round = 1; round <= 8; round += 1) {
      await held.jetstream.publish([...numbered(stream, 8_000), ...large]);
      await expect.poll(() => recording.messages.length, patiently).toBe(8_005 * round);
    }
    const [consumer] = await held.manager.consumers.list(stream).next();
    expect(consumer!.num_waiting).toBeLessThanOrEqual(2);
    expect(recording.seqs()).toStrictEqual(range(1, 64_040));
    await recording.reader.stop();
  });

  it("outlives its consumer", async () => {
    const { stream, epoch } = await filled(100);
    const recording = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => recording.messages.length, patiently).toBe(100);
    recording.reader.pause();
    for (const consumer of await consumersOf(stream)) await held.manager.consumers.delete(stream, consumer);
    await held.jetstream.publish(numbered(stream, 100));
    recording.reader.resume();
    await expect.poll(() => recording.messages.length, patiently).toBe(200);
    expect(recording.seqs()).toStrictEqual(range(1, 200));
    await recording.reader.stop();
  });
});

describe("a consumer that is deleted", () => {
  it("is made anew without loss or repetition, time and again", async () => {
    const { stream, epoch } = await filled(20_000);
    const recording = record(held.jetstream, { stream, epoch, from: 1, windowBytes: 64_000 });
    for (let time = 0; time < 3; time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      for (const consumer of await consumersOf(stream)) await held.manager.consumers.delete(stream, consumer).catch(() => false);
    }
    await expect.poll(() => recording.messages.length, patiently).toBe(20_000);
    expect(recording.seqs()).toStrictEqual(range(1, 20_000));
    await recording.reader.stop();
    expect(await consumersOf(stream)).toStrictEqual([]);
  });
});

/** A stream whose only consumer is somebody else's. */
async function occupied(): Promise<{ stream: string; epoch: number }> {
  const stream = uniqueName();
  await held.manager.streams.add({ name: stream, subjects: [`${stream}.>`], max_consumers: 1 });
  await held.jetstream.publish(numbered(stream, 10));
  await held.manager.consumers.add(stream, { durable_name: "other", ack_policy: AckPolicy.None });
  return { stream, epoch: await epochOf(stream) };
}

describe("a stream that takes no more consumers", () => {
  it("is said each time, until there is room", async () => {
    const { stream, epoch } = await occupied();
    const recording = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => recording.statuses.length, patiently).toBeGreaterThanOrEqual(2);
    const error = new Error(`JetStream makes no consumer on stream "${stream}": maximum consumers limit reached.`);
    expect(recording.statuses.slice(0, 2)).toEqual([
      { type: "opening-failed", error, attempt: 1 },
      { type: "opening-failed", error, attempt: 2 },
    ]);
    await held.manager.consumers.delete(stream, "other");
    await expect.poll(() => recording.messages.length, patiently).toBe(10);
    expect(types(recording.statuses)).toContain("opened");
    await recording.reader.stop();
    await held.manager.streams.delete(stream);
  });

  it("ends the reading of a range after a while, and at once on an abort", async () => {
    const { stream, epoch } = await occupied();
    const wanted = { stream, epoch, first: 1, last: 10, onMessage: () => undefined };
    const failure = await rejectionOf(held.jetstream.readRange({ ...wanted, signal: new AbortController().signal, giveUpMs: 200 }));
    expect(failure.message).toBe(`JetStream makes no consumer on stream "${stream}": maximum consumers limit reached.`);
    const abort = new AbortController();
    const aborted = rejectionOf(held.jetstream.readRange({ ...wanted, signal: abort.signal }));
    abort.abort(new Error("enough"));
    expect((await aborted).message).toBe("enough");
    await held.manager.streams.delete(stream);
  });
});

describe("a stream that is deleted", () => {
  it("ends the reader, and says so once", async () => {
    const { stream, epoch } = await filled(10);
    const { statuses, messages } = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => messages.length, patiently).toBe(10);
    await held.manager.streams.delete(stream);
    await expect.poll(() => types(statuses), patiently).toStrictEqual(["opened", "stream-missing"]);
  });

  it("and made again is another one: nothing of it is handed out", async () => {
    const { stream, epoch } = await filled(10);
    const { statuses, messages } = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => messages.length, patiently).toBe(10);
    await held.manager.streams.delete(stream);
    await held.jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }]);
    await held.jetstream.publish(numbered(stream, 30));
    await expect.poll(() => types(statuses).at(-1), patiently).toMatch(/^stream-(missing|recreated)$/);
    expect(messages).toHaveLength(10);
    const late = record(held.jetstream, { stream, epoch, from: 1 });
    await expect.poll(() => types(late.statuses), patiently).toStrictEqual(["stream-recreated"]);
    expect(late.statuses[0]).toMatchObject({ state: { name: stream, epoch: await epochOf(stream), lastSeq: 30 } });
    expect(late.messages).toHaveLength(0);
  });

  it("was never there: the reader says so", async () => {
    const { statuses } = record(held.jetstream, { stream: uniqueName(), epoch: 1, from: 1 });
    await expect.poll(() => statuses, patiently).toStrictEqual([{ type: "stream-missing" }]);
  });
});

describe("stopping", () => {
  it("at once leaves no consumer behind, and says nothing any more", async () => {
    const { stream, epoch } = await filled(10);
    for (const wait of [0, 1, 2, 5]) {
      const { messages, reader, statuses } = record(held.jetstream, { stream, epoch, from: 1 });
      await new Promise((resolve) => setTimeout(resolve, wait));
      await reader.stop();
      const told = messages.length + statuses.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(messages.length + statuses.length).toBe(told);
    }
    await expect.poll(async () => consumersOf(stream), patiently).toStrictEqual([]);
  });

  it("twice does no harm", async () => {
    const { stream, epoch } = await filled(1);
    const { reader } = record(held.jetstream, { stream, epoch, from: 1 });
    await Promise.all([reader.stop(), reader.stop()]);
    await expect(reader.stop()).resolves.toBeUndefined();
  });
});

describe("a message larger than the window", () => {
  it("is read all the same, alone", async () => {
    const stream = await held.make();
    const sizes = [10, 50_000, 10, 900_000, 10];
    await held.jetstream.publish(sizes.map((size) => ({ subject: `${stream}.x`, payload: Buffer.alloc(size) })));
    const { messages, reader } = record(held.jetstream, { stream, epoch: await epochOf(stream), from: 1, windowBytes: 1_000 });
    await expect.poll(() => messages.map((message) => message.payload.length), patiently).toStrictEqual(sizes);
    await reader.stop();
  });
});

describe("a server that is killed and started again", () => {
  it("interrupts reading without loss or repetition", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-reader-"));
    let server = await startNats({ dataDir });
    const { port, url } = server;
    const jetstream = await connectJetStream({ url });
    try {
      const stream = uniqueName();
      await jetstream.ensureStreams([{ name: stream, subjects: [`${stream}.>`] }]);
      await jetstream.publish(numbered(stream, 5_000));
      const { epoch } = (await jetstream.streamState(stream))!;
      const recording = record(jetstream, { stream, epoch, from: 1, windowBytes: 64_000 });
      await expect.poll(() => recording.messages.length, patiently).toBeGreaterThan(0);
      for (let time = 1; time <= 2; time += 1) {
        server.kill();
        await server.exited;
        await expect.poll(() => jetstream.isConnected(), patiently).toBe(false);
        server = await startNats({ dataDir, port });
        await expect.poll(() => jetstream.isConnected(), patiently).toBe(true);
        expect(await jetstream.publish(numbered(stream, 1_000))).toMatchObject({ published: 1_000, failed: 0 });
        await expect.poll(() => recording.messages.length, patiently).toBe(5_000 + 1_000 * time);
      }
      expect(recording.seqs()).toStrictEqual(range(1, 7_000));
      expect(types(recording.statuses)).toContain("reopened");
      await recording.reader.stop();
    } finally {
      await jetstream.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
