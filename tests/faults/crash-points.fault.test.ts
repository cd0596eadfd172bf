import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { randomFrom } from "../support/random.ts";
import { faultProject, stopWorker, type FaultProject } from "./fault-project.ts";
import { FaultProxy, type Strike } from "./fault-proxy.ts";
import { mixed } from "./messages.ts";

const CRASHES = inject("crashPoints");
/** At how many different points workers must have died at the least. */
const DIFFERENT = 3;
/** Workers alive at a time: while one is killed, the others start, wait for its lanes, or settle what the last one left. */
const SLOTS = 4;
const LANES = 4;
/** Messages that wait at most. */
const WAITING = 4_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };

/** Requests of a worker to crash at: each table's insert, any question to ClickHouse, a checkpoint, a pull, any request to JetStream. */
const REQUESTS = {
  events: /INSERT\+INTO\+events/,
  "dead letters": /INSERT\+INTO\+dead_letters/,
  ledger: /INSERT\+INTO\+ingest_ledger/,
  question: /log_comment=hydrograph/,
  checkpoint: /PUB \$KV\./,
  pull: /MSG\.NEXT/,
  "JetStream request": /PUB \$JS\.API/,
} as const;
type Request = keyof typeof REQUESTS;
const REQUEST_NAMES = Object.keys(REQUESTS) as Request[];

/** Where a worker is to crash: so long after its start, or at a request: before it, in its midst, or when it was answered and the worker has not heard it. */
type CrashPoint = { readonly afterMs: number } | { readonly request: Request; readonly strike: Strike };

function crashPoint(): CrashPoint {
  if (random() < 0.25) return { afterMs: random() * 1_500 };
  const request = REQUEST_NAMES[Math.floor(random() * REQUEST_NAMES.length)] ?? "events";
  const place = random();
  // The head of an insert is some 900 bytes: its midst is anywhere in head or body.
  const at = place < 0.25 ? 0 : place < 0.5 ? Math.floor(random() * 3_000) : "reply";
  return { request, strike: { match: REQUESTS[request], nth: 1 + Math.floor(random() * 3), at } };
}

/** A worker that waits for lanes in vain does not come to its point: it is killed where it is, so long after its first word. To start may take a busy machine as long. */
const PATIENCE_MS = 6_000;
/** Whoever says nothing until then is killed too. */
const SILENCE_MS = 60_000;

/** Runs a worker until it crashes. @returns what it was about to do, or when it was by time */
async function crashOne(project: FaultProject): Promise<Request | "time"> {
  const point = crashPoint();
  const clickhouse = await FaultProxy.before(addresses.clickhouseUrl);
  const nats = await FaultProxy.before(addresses.natsUrl);
  const through = { natsUrl: `nats://127.0.0.1:${nats.port}`, clickhouseUrl: `http://127.0.0.1:${clickhouse.port}` };
  const worker = random() < 0.1 ? project.worker(through) : project.bareWorker(through);
  const kill = (): boolean => worker.child.kill("SIGKILL");
  let reached: Request | "time" = "time";
  if ("afterMs" in point) void sleep(point.afterMs).then(kill);
  else {
    const { request, strike } = point;
    const act = (): void => {
      reached = request;
      kill();
    };
    // One of the two never sees it.
    for (const proxy of [clickhouse, nats]) void proxy.strike({ ...strike, act });
    void sleep(SILENCE_MS, undefined, { ref: false }).then(kill);
    void worker.said(/./).then(
      () => sleep(PATIENCE_MS, undefined, { ref: false }).then(kill),
      () => undefined,
    );
  }
  expect((await worker.finished).signal).toBe("SIGKILL");
  await Promise.all([clickhouse.close(), nats.close()]);
  return reached;
}

describe(`workers killed with -9 at ${CRASHES} random points, ${SLOTS} at work on ${LANES} lanes (SEED=${seed})`, () => {
  let project: FaultProject;
  const over = new AbortController();

  beforeAll(async () => {
    project = await faultProject(addresses, { streams: LANES });
  });
  afterAll(() => project.close());

  const received = async (): Promise<number> => {
    const [row] = await project.clickhouse.rows<{ n: string }>({ name: "Received", sql: "SELECT sum(received) AS n FROM ingest_ledger" });
    return Number(row?.n);
  };

  /** A trickle for as long as workers crash, so that there is always something to be in the midst of, and never so much that it could not go in within the time that a fresh event is waited for. */
  async function load(): Promise<void> {
    for (let n = 0; !over.signal.aborted; n += 8) {
      while (!over.signal.aborted && n * LANES - (await received()) > WAITING) await sleep(1_000);
      for (const stream of project.streams) {
        const contents = Array.from({ length: 8 }, (_, offset) => mixed(n + offset, random));
        await project.publisher.publish(stream, contents);
      }
      await sleep(150);
    }
  }

  it("lose and double nothing, in the tables, behind the views and in the ledger", { timeout: 570_000 }, async ({ annotate }) => {
    const publishing = load();
    const reached = new Map<string, number>();
    let crashes = 0;
    const slot = async (): Promise<void> => {
      // On a busy machine more of them come to an end by time: others follow until they were seen to die in the midst of things.
      while (crashes < CRASHES || (reached.size < DIFFERENT && crashes < 4 * CRASHES)) {
        crashes += 1;
        const what = await crashOne(project);
        reached.set(what, (reached.get(what) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: SLOTS }, slot));
    over.abort();
    await publishing;
    const worker = project.worker();
    await project.freshArrives();
    expect((await stopWorker(worker)).code).toBe(0);
    expect(await project.violations()).toEqual([]);
    const batches = await project.clickhouse.rows({
      name: "Batches",
      sql: "SELECT count() AS batches, sum(received) AS messages FROM ingest_ledger",
    });
    await annotate(`${crashes} crashes at ${JSON.stringify(Object.fromEntries(reached))}; ${JSON.stringify(batches)}`);
    expect(reached.size).toBeGreaterThanOrEqual(DIFFERENT);
  });
});
