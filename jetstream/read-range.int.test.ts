import { describe, expect, it } from "vitest";
import type { LogMessage } from "./index.ts";
import { numbered, range, rejectionOf, uniqueName, useStreams } from "./jetstream.test-support.ts";

const held = useStreams();

async function filled(count: number): Promise<{ stream: string; epoch: number }> {
  const stream = await held.make();
  await held.jetstream.publish(numbered(stream, count));
  return { stream, epoch: (await held.jetstream.streamState(stream))!.epoch };
}

async function read(
  where: { stream: string; epoch: number },
  first: number,
  last: number,
  onMessage: (message: LogMessage) => void = () => {},
  signal = new AbortController().signal,
): Promise<number[]> {
  const seqs: number[] = [];
  await held.jetstream.readRange({
    ...where,
    first,
    last,
    signal,
    onMessage: (message) => {
      seqs.push(message.seq);
      onMessage(message);
    },
  });
  return seqs;
}

describe("readRange", () => {
  it.each([
    [1, 50, range(1, 50)],
    [1, 1, [1]],
    [50, 50, [50]],
    [10, 20, range(10, 20)],
    [45, 99, range(45, 50)],
    [51, 99, []],
    [20, 10, []],
  ])("[%d, %d] of 50", async (first, last, expected) => {
    expect(await read(await filled(50), first, last)).toStrictEqual(expected);
  });

  it("passes over what was deleted, at the ends too", async () => {
    const where = await filled(30);
    for (const seq of [1, 2, 10, 11, 15, 20]) await held.manager.streams.deleteMessage(where.stream, seq);
    expect(await read(where, 1, 12)).toStrictEqual([...range(3, 9), 12]);
    expect(await read(where, 10, 11)).toStrictEqual([]);
    expect(await read(where, 15, 20)).toStrictEqual(range(16, 19));
    expect(await read(where, 15, 15)).toStrictEqual([]);
  });

  it("ends where everything was purged, before or in the middle", async () => {
    const where = await filled(30);
    await held.manager.streams.purge(where.stream, { seq: 20 });
    expect(await read(where, 1, 25)).toStrictEqual(range(20, 25));
    await held.manager.streams.purge(where.stream);
    expect(await read(where, 1, 30)).toStrictEqual([]);
    await held.jetstream.publish(numbered(where.stream, 1));
    expect(await read(where, 1, 30)).toStrictEqual([]);
    expect(await read(where, 1, 31)).toStrictEqual([31]);
  });

  it("is not disturbed by a consumer that is deleted under it", async () => {
    const where = await filled(30_000);
    let deleted = false;
    const seqs = await read(where, 1, 29_000, () => {
      if (deleted) return;
      deleted = true;
      void (async () => {
        for (const consumer of await held.manager.consumers.list(where.stream).next()) {
          await held.manager.consumers.delete(where.stream, consumer.name).catch(() => false);
        }
      })();
    });
    expect(seqs).toStrictEqual(range(1, 29_000));
  });

  it("leaves no consumer behind", async () => {
    const where = await filled(10);
    await read(where, 1, 5);
    await expect.poll(async () => held.manager.consumers.list(where.stream).next(), { timeout: 5_000 }).toStrictEqual([]);
  });

  it("ends with the signal's reason", async () => {
    const where = await filled(10);
    const abort = new AbortController();
    const reason = new Error("enough");
    const failure = await rejectionOf(read(where, 1, 10, () => abort.abort(reason), abort.signal));
    expect(failure).toBe(reason);
    expect(await rejectionOf(read(where, 1, 10, () => {}, abort.signal))).toBe(reason);
  });

  it("fails if the stream is gone or another one", async () => {
    const stream = uniqueName();
    expect((await rejectionOf(read({ stream, epoch: 1 }, 1, 10))).message).toBe(`Stream "${stream}" is gone.`);
    const where = await filled(10);
    expect((await rejectionOf(read({ ...where, epoch: where.epoch - 1 }, 1, 10))).message).toBe(`Stream "${where.stream}" is gone.`);
  });

  it("lets no listener behind on a signal that lives on, however it ends", async () => {
    const where = await filled(3);
    const abort = new AbortController();
    let listeners = 0;
    const counted = new Proxy(abort.signal, {
      get(signal, name) {
        if (name === "addEventListener") listeners += 1;
        if (name === "removeEventListener") listeners -= 1;
        const value: unknown = Reflect.get(signal, name, signal);
        return typeof value === "function" ? (value.bind(signal) as unknown) : value;
      },
    });
    await read(where, 1, 3, () => {}, counted);
    await rejectionOf(read({ stream: uniqueName(), epoch: 1 }, 1, 10, () => {}, counted));
    expect(listeners).toBe(0);
  });
});
