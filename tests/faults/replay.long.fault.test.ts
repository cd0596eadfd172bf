import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { loadConfig } from "../../cli/config/load-config.ts";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { shopEvents, type ShopEvent } from "../../examples/shop/index.ts";
import { administer } from "../../jetstream/administer.test-support.ts";
import { trend } from "../../queries/index.ts";
import { ledgerViolations, type PublishedEvent } from "../oracles/ledger.ts";
import { databaseOf, readBooks } from "../support/books.ts";
import type { Running } from "../support/cli.ts";
import { userProject, type UserProject } from "../support/user-project.ts";

const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
const all: ShopEvent[] = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 3, sessions: inject("thorough") ? 3_000 : 400 })];
const half = Math.floor(all.length / 2);
/** Messages a second at which the first half takes so long that a replay is under way when it is killed. */
const RATE = String(Math.ceil(half / 6));

/** Orders of version 1 named no currency; the config's upcast says US dollars. */
function expected(event: PublishedEvent): PublishedEvent {
  return event.type === "order.placed" ? { ...event, data: { currency: "USD", ...(event.data as object) } } : event;
}

let project: UserProject;
let next: string;
let worker: Running | undefined;

beforeEach(async () => {
  project = await userProject("shop", addresses);
  next = `${project.name}_next`;
  const file = join(project.folder, "hydrograph.config.ts");
  const config = await readFile(file, "utf8");
  await writeFile(
    file,
    config.replace("defineProject({", 'defineProject({\n  limits: { batchRows: 250, batchAge: "200ms", lease: "1s" },'),
  );
  await writeFile(join(project.folder, "first.ndjson"), lines(all.slice(0, half)));
  await writeFile(join(project.folder, "second.ndjson"), lines(all.slice(half)));
  await project.json(["migrate"]);
  await project.json(["publish", "first.ndjson"]);
});

afterEach(async () => {
  worker?.child.kill("SIGKILL");
  await worker?.finished;
  await drop(project.name);
  await drop(next);
  await project.remove();
});

function lines(events: readonly ShopEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

async function drop(name: string): Promise<void> {
  const clickhouse = connectClickHouse({ url: addresses.clickhouseUrl, database: "default" });
  await clickhouse.command({ name: "Drop", sql: `DROP DATABASE IF EXISTS ${name} SYNC` });
  await clickhouse.close();
}

async function committedIn(database: string): Promise<number> {
  const clickhouse = connectClickHouse({ url: addresses.clickhouseUrl, database });
  try {
    const [row] = await clickhouse.rows<{ last: string }>({ name: "Committed", sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l" });
    return Number(row?.last);
  } catch {
    return 0;
  } finally {
    await clickhouse.close();
  }
}

async function until(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error("It never came true within a minute.");
}

async function committedToTheEnd(): Promise<void> {
  await until(async () => (await project.json<{ lagMessages: number | null }[]>(["lag"])).every(({ lagMessages }) => lagMessages === 0));
}

/** Every message of the log is in the live database once, and each rollup answers as the raw events do. */
async function expectWhole(): Promise<void> {
  expect(await project.json(["verify"])).toMatchObject({ ok: true, deadLettered: 0 });
  expect(ledgerViolations(await readBooks(project, addresses, expected))).toEqual([]);
  const config = await loadConfig(join(project.folder, "hydrograph.config.ts"));
  const clickhouse = databaseOf(project, addresses);
  for (const metric of config.project.metrics) {
    const request = { metric: metric.name, groupBy: metric.dimensions, from: "2026-11-15", to: "2026-11-24", grain: "1 hour" };
    const rollup = await trend(clickhouse, config.project, request);
    expect([metric.name, rollup.sources[0]?.kind]).toEqual([metric.name, "rollup"]);
    expect(rollup.rows).toEqual((await trend(clickhouse, config.project, { ...request, source: "raw" })).rows);
  }
  await clickhouse.close();
}

describe("replay", () => {
  it(
    "builds beside a live worker, killed and resumed, and changes places with the live database and back",
    { timeout: 300_000 },
    async () => {
      worker = project.start(["ingest"]);
      await worker.said(/"state":"running"/);

      const first = project.start(["replay", "--into", next, "--rate", RATE]);
      await until(async () => (await committedIn(next)) > 0);
      first.child.kill("SIGKILL");
      expect((await first.finished).signal).toBe("SIGKILL");
      const second = project.start(["replay", "--into", next, "--rate", RATE]);
      const before = await committedIn(next);
      await until(async () => (await committedIn(next)) > before);
      second.child.kill("SIGINT");
      expect(await second.finished).toMatchObject({ code: 130, stdout: expect.stringContaining("Paused; the same command goes on.") });
      expect(await committedIn(next)).toBeLessThan(await committedIn(project.name));
      const rest = await project.json<{ done: boolean; received: number }>(["replay", "--into", next]);
      expect(rest.done).toBe(true);
      expect(rest.received).toBeLessThan(half);
      expect(await project.json(["verify", "--database", next])).toMatchObject({ ok: true, compared: true });

      const producer = project.start(["publish", "second.ndjson", "--format", "json"]);
      const killed = project.start(["replay", "--switch", "--into", next]);
      await killed.said(/the lanes are taken/);
      killed.child.kill("SIGKILL");
      await killed.finished;
      expect(await project.json(["replay", "--switch", "--into", next])).toMatchObject({ live: project.name, kept: next });
      expect(JSON.parse((await producer.finished).stdout)).toMatchObject({ failed: 0 });
      await committedToTheEnd();
      await expectWhole();

      await project.json(["replay", "--switch", "--into", next]);
      await committedToTheEnd();
      await expectWhole();
      await project.json(["replay", "--into", next]);
      expect(await project.json(["verify", "--database", next])).toMatchObject({ ok: true, compared: true });
    },
  );

  it("tells its plan, replays a part, and says what is wrong", async () => {
    const plan = await project.json<{ streams: unknown[] }>(["replay", "--into", next, "--from", "101", "--to", "300", "--dry-run"]);
    expect(plan).toMatchObject({
      applied: false,
      exists: false,
      streams: [{ stream: project.stream, first: 101, last: 300, sequences: 200 }],
    });
    const said = async (...args: string[]): Promise<string> => (await project.run(["replay", ...args])).stderr;
    expect(await said("--switch", "--into", next)).toMatch(
      /^hydrograph: There is no database "\w+": build it with "hydrograph replay --into/,
    );
    expect(await said("--into", project.name)).toMatch(/is the live database: name another/);
    expect(await said("--into", "default")).toMatch(/was not made by a replay of/);
    expect(await said("--into", "No")).toMatch(/is no name of a database/);
    expect(await said("--into", next, "--switch", "--from", "5")).toMatch(/leave --from and --to away/);
    expect(await said("--into", next, "--from", "someday")).toMatch(/--from: "someday" is no moment/);
    expect(await said("--into", next, "--from", "2199-01-01")).toMatch(/has nothing from sequence/);
    expect(await project.json(["replay", "--into", next, "--from", "101", "--to", "300"])).toMatchObject({ done: true, received: 200 });
    expect(await project.json(["replay", "--into", next, "--from", "101", "--to", "300"])).toMatchObject({ done: true, received: 0 });
    const proof = await project.json(["verify", "--deep", "--database", next]);
    expect(proof).toMatchObject({ ok: true, received: 200, leftOut: 100, log: { changed: 0, gone: 0 } });
    await project.json(["ingest", "--until-caught-up"]);
    expect(await project.run(["replay", "--switch", "--into", next])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("with --force."),
    });
    await expectWhole();
  });
});

describe("a running system", () => {
  it("restores everything from the log after its database is dropped: migrate is all it needs", async () => {
    worker = project.start(["ingest"]);
    await committedToTheEnd();
    await drop(project.name);
    await project.json(["migrate"]);
    const { code } = await project.run(["publish", "second.ndjson"]);
    expect(code).toBe(0);
    await worker.said(/ClickHouse knows \d+ sequences less/);
    await committedToTheEnd();
    await expectWhole();
  });

  it("loses and doubles nothing when the bucket of its checkpoints is deleted", async () => {
    worker = project.start(["ingest"]);
    await until(async () => (await committedIn(project.name)) > 0);
    await administer(addresses.natsUrl, ({ streams }) => streams.delete(`KV_hydrograph_${project.name}`));
    await project.json(["publish", "second.ndjson"]);
    await committedToTheEnd();
    await expectWhole();
  });
});
