import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNats, type RunningServer } from "../embedded/index.ts";
import { findOrFetchNatsServer } from "../embedded/nats/find-nats-server.ts";
import { defineProject, partitionOf, storedStreams, type StreamDefinition } from "../model/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "./index.ts";
import { rejectionOf } from "./jetstream.test-support.ts";

const shop: StreamDefinition = { name: "SHOP", subjects: ["shop.>"], partitions: 4 };
/** What docs/definitions.md gives producers that do not know of partitions. */
const MAPPING = 'mappings: { "to.shop.*.*": "p.{{partition(4,2)}}.shop.{{wildcard(1)}}" }';
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

let folder: string;
let nats: RunningServer;
let jetstream: JetStream;
let connection: NatsConnection;

/** A nats-server whose configuration has the mapping beside what startNats writes. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hydrograph-partitions-"));
  const program = await findOrFetchNatsServer();
  const command = join(folder, "nats-server-with-mapping");
  await writeFile(command, `#!/bin/sh\necho '${MAPPING}' >> "$2"\nexec '${program.command}' "$@"\n`);
  await chmod(command, 0o755);
  nats = await startNats({ dataDir: join(folder, "data"), program: { ...program, command } });
  jetstream = await connectJetStream({ url: nats.url });
  connection = await connect({ servers: nats.url });
  await jetstream.ensureStreams([shop]);
});

afterAll(async () => {
  await connection.close();
  await jetstream.close();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a stream with partitions", () => {
  it("is stored as one stream for each, and is left alone the second time", async () => {
    const names = storedStreams([shop]).map(({ name }) => name);
    expect(names).toStrictEqual(["SHOP-0", "SHOP-1", "SHOP-2", "SHOP-3"]);
    expect((await jetstream.ensureStreams([shop])).map(({ change, name }) => [name, change])).toStrictEqual(
      names.map((name) => [name, "none"]),
    );
  });

  it("takes each event in the partition of its subject, and knows it when it comes again", async () => {
    const project = defineProject({ name: "shop", streams: [shop], events: [] });
    const messages = Array.from({ length: 200 }, (_, n) =>
      eventMessage(project, { specversion: "1.0", id: `e${n}`, source: "t", type: "shop.sold", subject: `user-${n % 20}` }),
    );
    const before = await sizes();
    expect(await jetstream.publish(messages)).toMatchObject({ published: 200, failed: 0 });
    expect(await jetstream.publish(messages)).toMatchObject({ duplicates: 200, failed: 0 });
    const expected = [0, 0, 0, 0];
    for (let n = 0; n < 200; n += 1) expected[partitionOf(`user-${n % 20}`, 4)]! += 1;
    expect((await sizes()).map((size, index) => size - before[index]!)).toStrictEqual(expected);
  });

  it(`is what nats-server itself chooses by a mapping (SEED=${seed})`, async () => {
    const token = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter((text) => !/[\s.*>\p{Cc}]/u.test(text) && text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(token, async (subject) => {
        const { stream } = await connection.jetstream().publish(`to.shop.sold.${subject}`, "{}");
        expect(stream).toBe(`SHOP-${partitionOf(subject, 4)}`);
      }),
      { seed, numRuns: 200 },
    );
  });

  it.each([
    ["another number", { ...shop, partitions: 8 }, 'Stream "SHOP" has 4 partitions and cannot be given 8'],
    ["fewer", { ...shop, partitions: 2 }, 'Stream "SHOP" has 4 partitions and cannot be given 2'],
    ["none", { name: "SHOP", subjects: ["shop.>"] }, 'Stream "SHOP" has 4 partitions and cannot be given none'],
  ])("refuses %s", async (_what, definition, sentence) => {
    expect((await rejectionOf(jetstream.ensureStreams([definition]))).message).toContain(sentence);
  });

  it("refuses to split a stream that is one", async () => {
    const whole: StreamDefinition = { name: "WHOLE", subjects: ["whole.>"] };
    await jetstream.ensureStreams([whole]);
    expect((await rejectionOf(jetstream.ensureStreams([{ ...whole, partitions: 3 }]))).message).toContain(
      'Stream "WHOLE" has no partitions and cannot be given 3',
    );
  });
});

async function sizes(): Promise<number[]> {
  return Promise.all(storedStreams([shop]).map(async ({ name }) => (await jetstream.streamState(name))?.messages ?? -1));
}
