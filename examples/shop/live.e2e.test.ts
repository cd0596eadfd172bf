import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNats, type RunningServer } from "../../embedded/index.ts";
import { connectJetStream, type JetStream } from "../../jetstream/index.ts";
import { EVENTS_PER_VISIT } from "./shop.ts";
import { shopEvents } from "./shop-events.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/examples/shop/live.js", import.meta.url));
/** Events a second: a history of half a day is 10,000 of them. */
const RATE = 0.25;
const DAY_MS = 86_400_000;

let folder: string;
let nats: RunningServer;
let jetstream: JetStream;
const shops: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hydrograph-shop-"));
  nats = await startNats({ dataDir: folder });
  jetstream = await connectJetStream({ url: nats.url });
});
afterAll(async () => {
  for (const shop of shops) shop.kill("SIGKILL");
  await jetstream.close();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the shop. @returns the process, and the moment that it says it begins with */
async function start(...args: readonly string[]): Promise<{ readonly shop: ChildProcess; readonly from: Date }> {
  const shop = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, HYDROGRAPH_NATS_URL: nats.url } });
  shops.push(shop);
  let said = "";
  const from = await new Promise<string>((resolve, reject) => {
    shop.stdout.on("data", (chunk) => {
      said += String(chunk);
      const moment = /The shop (?:begins on|goes on from) (\S+Z)\.\n/.exec(said)?.[1];
      if (moment !== undefined) resolve(moment);
    });
    shop.once("exit", () => reject(new Error(`The shop ended and said ${JSON.stringify(said)}.`)));
  });
  return { shop, from: new Date(from) };
}

const lastSeq = async (): Promise<number> => (await jetstream.streamState("SHOP"))?.lastSeq ?? 0;

async function storedIds(): Promise<string[]> {
  const state = await jetstream.streamState("SHOP");
  const ids: string[] = [];
  await jetstream.readRange({
    stream: "SHOP",
    epoch: state?.epoch ?? 0,
    first: 1,
    last: state?.lastSeq ?? 0,
    onMessage: ({ payload }) => ids.push((JSON.parse(payload.toString()) as { readonly id: string }).id),
    signal: AbortSignal.timeout(60_000),
  });
  return ids;
}

test("a shop that is killed in the midst of its history goes on where it was, and publishes each event once", async () => {
  const args = ["--days", "0.5", "--rate", String(RATE)];
  const { from, shop } = await start(...args);
  await expect.poll(lastSeq, { timeout: 60_000 }).toBeGreaterThan(1_000);
  shop.kill("SIGKILL");
  await once(shop, "exit");
  const before = await lastSeq();
  const again = await start(...args);
  expect(again.from.getTime()).toBeGreaterThan(from.getTime());
  // All of the history, however long it takes; then events come as they happen.
  const history = (until: Date): Set<string> =>
    new Set([...shopEvents({ from, until, days: 1, sessions: (RATE * DAY_MS) / 1_000 / EVENTS_PER_VISIT })].map(({ id }) => id));
  const started = new Date();
  const wanted = history(started);
  expect(wanted.size).toBeGreaterThan(before + 1_000);
  await expect.poll(lastSeq, { timeout: 120_000 }).toBeGreaterThanOrEqual(wanted.size);
  again.shop.kill("SIGTERM");
  expect(await once(again.shop, "exit")).toEqual([0, null]);

  const ids = await storedIds();
  const stored = new Set(ids);
  expect(stored.size).toBe(ids.length);
  expect([...wanted].filter((id) => !stored.has(id))).toEqual([]);
  const all = history(new Date());
  expect(ids.filter((id) => !all.has(id))).toEqual([]);
}, 240_000);

/** Runs a shop to its end. @returns how it ended, and what it complained of */
async function run(args: readonly string[], url: string): Promise<unknown[]> {
  const shop = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, HYDROGRAPH_NATS_URL: url } });
  shops.push(shop);
  const said = (async () => (await shop.stderr.toArray()).join(""))();
  const [code] = (await once(shop, "exit")) as [number];
  return [code, await said];
}

test("a shop that makes no sense, or finds no NATS, says so in one sentence", async () => {
  expect(await run(["--days", "0"], nats.url)).toEqual([1, "shop: --days must be above zero.\n"]);
  expect(await run(["--rate", "0"], nats.url)).toEqual([1, "shop: `rate` must be above zero.\n"]);
  expect(await run([], "nats://127.0.0.1:1")).toEqual([1, expect.stringMatching(/^shop: .*127\.0\.0\.1:1.*\n$/)]);
});
