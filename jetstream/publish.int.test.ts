import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { numbered, range, record, rejectionOf, uniqueName, useStreams } from "./jetstream.test-support.ts";
import type { OutgoingMessage, PublishSummary } from "./index.ts";

const held = useStreams();

async function stored(stream: string): Promise<string[]> {
  const { epoch, messages: count } = (await held.jetstream.streamState(stream))!;
  const { messages, reader } = record(held.jetstream, { stream, epoch, from: 1 });
  await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(count);
  await reader.stop();
  return messages.map((message) => message.payload.toString());
}

describe("publish", () => {
  it("stores messages in the order given", async () => {
    const stream = await held.make();
    expect(await held.jetstream.publish(numbered(stream, 10_000))).toStrictEqual({
      published: 10_000,
      duplicates: 0,
      failed: 0,
      unknown: 0,
    });
    expect(await stored(stream)).toStrictEqual(range(0, 9_999).map(String));
  });

  it("takes what comes one by one, now and then, and nothing at all", async () => {
    const stream = await held.make();
    async function* slowly(): AsyncGenerator<OutgoingMessage> {
      for (const message of numbered(stream, 5)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield message;
      }
    }
    expect(await held.jetstream.publish(slowly())).toMatchObject({ published: 5 });
    expect(await held.jetstream.publish([])).toStrictEqual({ published: 0, duplicates: 0, failed: 0, unknown: 0 });
    expect(await stored(stream)).toStrictEqual(["0", "1", "2", "3", "4"]);
  });

  it("sends what there is without waiting for more", async () => {
    const stream = await held.make();
    const halt = new EventEmitter();
    async function* haltingly(): AsyncGenerator<OutgoingMessage> {
      yield* numbered(stream, 3);
      await once(halt, "over");
    }
    const done = held.jetstream.publish(haltingly());
    await expect.poll(async () => (await held.jetstream.streamState(stream))!.messages, { timeout: 5_000 }).toBe(3);
    halt.emit("over");
    expect(await done).toMatchObject({ published: 3 });
  });

  it("counts a message whose id is known as a duplicate", async () => {
    const stream = await held.make();
    const repeating = numbered(stream, 1_000).map((message, index) => ({ ...message, messageId: String(index % 900) }));
    expect(await held.jetstream.publish(repeating)).toStrictEqual({ published: 900, duplicates: 100, failed: 0, unknown: 0 });
    expect(await held.jetstream.publish(repeating)).toStrictEqual({ published: 0, duplicates: 1_000, failed: 0, unknown: 0 });
    expect(await stored(stream)).toHaveLength(900);
  });

  it("reports progress that only grows", async () => {
    const stream = await held.make();
    const seen: PublishSummary[] = [];
    await held.jetstream.publish(numbered(stream, 10_000), { window: 600, onProgress: (summary) => seen.push(summary) });
    expect(seen.length).toBeGreaterThanOrEqual(6);
    expect(seen.map((summary) => summary.published)).toStrictEqual(seen.map((summary) => summary.published).toSorted((a, b) => a - b));
    expect(seen.at(-1)).toStrictEqual({ published: 10_000, duplicates: 0, failed: 0, unknown: 0 });
  });

  it("stores the neighbours of what is refused, and says why the first was", async () => {
    const stream = await held.make();
    const nowhere = uniqueName();
    const bad: OutgoingMessage[] = [
      { subject: `${stream}.x`, payload: Buffer.alloc(2_000_000) },
      { subject: `${nowhere}.x`, payload: Buffer.from("a") },
      { subject: "", payload: Buffer.from("a") },
      { subject: `${stream}.x`, payload: Buffer.from("a"), headers: { "a b": "c" } },
      { subject: `${stream}.x`, payload: Buffer.from("a"), headers: { a: "b\r\nNats-Msg-Id: 7" } },
    ];
    const good = numbered(stream, 3);
    const summary = await held.jetstream.publish([good[0]!, ...bad, good[1]!, good[2]!]);
    expect(summary).toStrictEqual({
      published: 3,
      duplicates: 0,
      failed: 5,
      unknown: 0,
      firstFailure: expect.stringMatching(new RegExp(`^A message on ${stream}\\.x was not stored: .*\\.$`)) as string,
    });
    expect(await stored(stream)).toStrictEqual(["0", "1", "2"]);
  });

  it("says at once that no stream stores a subject", async () => {
    const nowhere = uniqueName();
    expect(await held.jetstream.publish(numbered(nowhere, 1_000))).toStrictEqual({
      published: 0,
      duplicates: 0,
      failed: 1_000,
      unknown: 0,
      firstFailure: `A message on ${nowhere}.x was not stored: no stream stores this subject: run "hydrograph migrate".`,
    });
  });

  it("is not taken in by an answer that is not JetStream's", async () => {
    const subject = uniqueName();
    const stranger = held.connection.subscribe(subject, { callback: (_error, message) => void message.respond(Buffer.from("hello")) });
    await held.connection.flush();
    expect(await held.jetstream.publish([{ subject, payload: Buffer.from("a") }])).toStrictEqual({
      published: 0,
      duplicates: 0,
      failed: 1,
      unknown: 0,
      firstFailure: `A message on ${subject} was not stored: something that is not JetStream answered.`,
    });
    stranger.unsubscribe();
  });

  it("ends with the signal's reason, and with what the source throws, once all under way is settled", async () => {
    const stream = await held.make();
    const abort = new AbortController();
    const reason = new Error("enough");
    const aborting = function* (): Generator<OutgoingMessage> {
      for (const [index, message] of numbered(stream, 5_000).entries()) {
        if (index === 3_000) abort.abort(reason);
        yield message;
      }
    };
    expect(await rejectionOf(held.jetstream.publish(aborting(), { signal: abort.signal }))).toBe(reason);
    expect(await stored(stream)).toHaveLength(3_000);
    const failing = function* (): Generator<OutgoingMessage> {
      yield* numbered(stream, 10);
      throw reason;
    };
    expect(await rejectionOf(held.jetstream.publish(failing()))).toBe(reason);
    expect(await stored(stream)).toHaveLength(3_010);
  });
});
