import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { databaseOf } from "./support/books.ts";
import { ROOT, userProject, type UserProject } from "./support/user-project.ts";

/** The config that the page on enrichment shows. */
const CONFIG = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, "docs/enrichment.md"), "utf8"))?.[1] ?? "";

const order = (n: number, subject: string, amount: number): string =>
  JSON.stringify({
    specversion: "1.0",
    id: `o${n}`,
    source: "shop",
    type: "order.placed",
    subject,
    time: "2026-11-20T10:00:00Z",
    data: { amount },
  });

interface Answer {
  readonly rows: readonly { readonly group: Record<string, unknown>; readonly values: { readonly value: unknown } }[];
}

describe("enrichment, from a config and a CSV to trends", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;

  beforeAll(async () => {
    project = await userProject("shop", addresses);
    const streams = /streams: \[(\{.*?\})\]/s.exec(await readFile(join(project.folder, "hydrograph.config.ts"), "utf8"))?.[1] ?? "";
    await writeFile(
      join(project.folder, "hydrograph.config.ts"),
      CONFIG.replace(/\{ name: "SHOP".*?\}/, streams).replace('name: "shop"', `name: "${project.name}"`),
    );
    await writeFile(
      join(project.folder, "customers.csv"),
      'id,segment,rank,ignored\nu1,"gold, old",1,x\nu2,silver,,y\nu3,,2,z\nu1,again,1,x\n',
    );
    await project.json(["migrate"]);
  });
  afterAll(() => project.remove());

  it("loads a table, and tells the lines that are no rows", async () => {
    const { code, stderr, stdout } = await project.run(["lookup", "load", "customers", "customers.csv", "--key", "id", "--format", "json"]);
    expect(JSON.parse(stdout)).toStrictEqual({ table: "customers", added: 2, changed: 0, unchanged: 0, removed: 0, broken: 2 });
    expect(stderr).toContain('customers.csv: line 4: "segment" does not fit the table\'s fields (invalid_type); left out.');
    expect(stderr).toContain("customers.csv: line 5: repeats a key of a line before; left out.");
    expect(code).toBe(2);
  });

  it("enriches events: derived fields, joined rows with their revision, null for a missing key, a dead letter for one that fails", async () => {
    await writeFile(
      join(project.folder, "orders.ndjson"),
      [order(1, "u1", 150), order(2, "u2", 20), order(3, "u9", 30), order(4, "u1", -13)].join("\n"),
    );
    await project.json(["publish", "orders.ndjson"]);
    expect(await project.json(["ingest", "--until-caught-up"])).toMatchObject({ received: 4, rows: 3, deadLetters: 1 });
    const clickhouse = databaseOf(project, addresses);
    const events = await clickhouse.rows<{ id: string; enriched: unknown }>({
      name: "Events",
      sql: "SELECT id, enriched FROM events ORDER BY id",
      settings: { output_format_json_quote_64bit_integers: 0 },
    });
    expect(events).toStrictEqual([
      {
        id: "o1",
        enriched: { _revisions: { customer: 2 }, basket: { points: 15, size: "large" }, customer: { rank: 1, segment: "gold, old" } },
      },
      { id: "o2", enriched: { _revisions: { customer: 2 }, basket: { points: 2, size: "small" }, customer: { segment: "silver" } } },
      { id: "o3", enriched: { _revisions: { customer: 2 }, basket: { points: 3, size: "small" } } },
    ]);
    const letters = await clickhouse.rows({ name: "Letters", sql: "SELECT stage, reason, detail FROM dead_letters" });
    expect(letters).toStrictEqual([
      { stage: "enrich", reason: "enrich-failed", detail: 'enricher "basket" gives what its fields do not take (too_small)' },
    ]);
    await clickhouse.close();
    expect(await project.json(["verify"])).toMatchObject({ ok: true, received: 4, inserted: 3, deadLettered: 1 });
  });

  it("answers trends by enriched fields, from the rollup as from the events", async () => {
    const range = ["--from", "2026-11-20", "--to", "2026-11-21", "--grain", "1 day"];
    for (const raw of [[], ["--raw"]]) {
      const bySize = await project.json<Answer>(["trend", "orders", ...range, "--by", "enriched.basket.size", ...raw]);
      const counts = bySize.rows.map((row) => [row.group["enriched.basket.size"], row.values.value]);
      expect(Object.fromEntries(counts)).toStrictEqual({ large: 1, small: 2 });
      const points = await project.json<Answer>(["trend", "points", ...range, ...raw]);
      expect(points.rows.map((row) => row.values.value)).toStrictEqual([20]);
      const gold = await project.json<Answer>(["trend", "orders", ...range, "--where", "enriched.customer.segment=gold, old", ...raw]);
      expect(gold.rows.map((row) => row.values.value)).toStrictEqual([1]);
    }
  });

  it("follows the table: a worker at work uses a row that was loaded after it started; --replace removes what a file lacks", async () => {
    const worker = project.start(["ingest"]);
    await worker.said(/"state":"running"/);
    await writeFile(
      join(project.folder, "customers.ndjson"),
      '{"key":"u9","segment":"new"}\n{"key":"u1","segment":"gold, old","rank":1}\n',
    );
    expect(await project.json(["lookup", "load", "customers", "customers.ndjson", "--replace"])).toStrictEqual({
      table: "customers",
      added: 1,
      changed: 0,
      unchanged: 1,
      removed: 1,
      broken: 0,
    });
    const clickhouse = databaseOf(project, addresses);
    // The table's change and the events come over two ways: what an event found is what stood when it was read.
    let found: unknown;
    for (let n = 10; found !== "new"; n += 1) {
      await writeFile(join(project.folder, "more.ndjson"), order(n, "u9", 1));
      await project.json(["publish", "more.ndjson"]);
      await expect
        .poll(async () => clickhouse.rows({ name: "More", sql: "SELECT 1 FROM events WHERE id = {id:String}", params: { id: `o${n}` } }), {
          timeout: 30_000,
        })
        .toHaveLength(1);
      const [row] = await clickhouse.rows<{ segment: unknown }>({
        name: "More",
        sql: "SELECT enriched.customer.segment AS segment FROM events WHERE id = {id:String}",
        params: { id: `o${n}` },
      });
      found = row?.segment;
      expect(n).toBeLessThan(20);
    }
    await clickhouse.close();
    worker.child.kill("SIGTERM");
    expect((await worker.finished).code).toBe(0);
  });

  it("says which tables there are", async () => {
    const { code, stderr } = await project.run(["lookup", "load", "customer", "customers.csv"]);
    expect([code, stderr]).toStrictEqual([2, expect.stringContaining('The project looks up no table "customer" (it has customers).')]);
    const other = await project.run(["lookup", "load", "customers", "customers.csv"]);
    expect([other.code, other.stderr]).toStrictEqual([
      2,
      expect.stringContaining('The file has no column "key" (it has: id, segment, rank, ignored)'),
    ]);
  });
});
