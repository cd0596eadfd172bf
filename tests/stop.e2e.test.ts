import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { shopEvents, type ShopEvent } from "../examples/shop/index.ts";
import { trend } from "../queries/index.ts";
import { loadConfig } from "../cli/config/load-config.ts";
import { ledgerViolations, type PublishedEvent } from "./oracles/ledger.ts";
import { databaseOf, readBooks } from "./support/books.ts";
import { randomFrom } from "./support/random.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

const KILLS = 20;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const events: ShopEvent[] = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 3, sessions: 2_500 })];
const distinct = new Set(events.map(({ id }) => id)).size;

/** Orders of version 1 named no currency; the config's upcast says US dollars. */
function expected(event: PublishedEvent): PublishedEvent {
  return event.type === "order.placed" ? { ...event, data: { currency: "USD", ...(event.data as object) } } : event;
}

describe(`a worker killed ${KILLS} times at random points (SEED=${seed})`, () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;

  beforeAll(async () => {
    project = await userProject("shop", addresses);
    // Small batches make many points to be killed at; a short lease makes the next worker wait less.
    const file = join(project.folder, "hydrograph.config.ts");
    const config = await readFile(file, "utf8");
    await writeFile(
      file,
      config.replace("export default defineProject({", 'export default defineProject({\n  limits: { batchRows: 250, lease: "1s" },'),
    );
    await writeFile(join(project.folder, "shop.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    await project.json(["migrate"]);
    expect(await project.json(["publish", "shop.ndjson"])).toMatchObject({ published: distinct, failed: 0 });
  });
  afterAll(() => project.remove());

  async function committed(): Promise<number> {
    const clickhouse = databaseOf(project, addresses);
    const [row] = await clickhouse.rows<{ last: string }>({ name: "Committed", sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l" });
    await clickhouse.close();
    return Number(row?.last);
  }

  it("is killed again and again, mostly in the middle of its work", { timeout: 300_000 }, async () => {
    let inTheMiddle = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const worker = project.start(["ingest"]);
      // One kill in four comes while it starts, claims or recovers; the others once it runs.
      if (random() < 0.25) await sleep(random() * 2_000);
      else {
        await worker.said(/"state":"running"/);
        await sleep(random() * 200);
      }
      worker.child.kill("SIGKILL");
      expect((await worker.finished).signal).toBe("SIGKILL");
      if ((await committed()) < distinct) inTheMiddle += 1;
    }
    expect(inTheMiddle).toBeGreaterThanOrEqual(KILLS / 4);
  });

  it("loses and doubles nothing once it may finish", async () => {
    await project.json(["ingest", "--until-caught-up"]);
    expect(await project.json(["verify"])).toMatchObject({ ok: true, received: distinct, inserted: distinct, deadLettered: 0 });
    expect(ledgerViolations(await readBooks(project, addresses, expected))).toEqual([]);
  });

  it("leaves each rollup with the answer of the raw events", async () => {
    const config = await loadConfig(join(project.folder, "hydrograph.config.ts"));
    const clickhouse = databaseOf(project, addresses);
    const range = { from: "2026-11-15", to: "2026-11-24", grain: "1 hour" };
    for (const metric of config.project.metrics) {
      const request = { metric: metric.name, groupBy: metric.dimensions, ...range };
      const rollup = await trend(clickhouse, config.project, request);
      const raw = await trend(clickhouse, config.project, { ...request, source: "raw" });
      expect([metric.name, rollup.source.kind, raw.source.kind]).toEqual([metric.name, "rollup", "raw"]);
      expect(rollup.rows).toEqual(raw.rows);
    }
    await clickhouse.close();
  });
});

describe("a worker asked to stop", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };

  it.each(["SIGTERM", "SIGINT"] as const)("commits what it has read on %s, and leaves nothing to settle", async (signal) => {
    const project = await userProject("shop", addresses);
    await writeFile(
      join(project.folder, "shop.ndjson"),
      events
        .slice(0, 5_000)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    );
    await project.json(["migrate"]);
    await project.json(["publish", "shop.ndjson"]);
    const worker = project.start(["ingest"]);
    await worker.said(/"state":"running"/);
    worker.child.kill(signal);
    const { code, stdout } = await worker.finished;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Ingested [\d,]+ messages? in /)]);
    expect(await project.json(["verify"])).toMatchObject({ ok: true });
    const [lane] = await project.json<{ owner: string | null }[]>(["lag"]);
    expect(lane?.owner).toBeNull();
    await project.json(["ingest", "--until-caught-up"]);
    expect(ledgerViolations(await readBooks(project, addresses, expected))).toEqual([]);
    await project.remove();
  });
});
