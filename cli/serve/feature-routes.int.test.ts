import { tableFromIPC } from "apache-arrow";
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { count, defineEvent, defineFeatures, defineMetric, defineProject, latest, over } from "../../model/index.ts";
import { serveFeatures, type FeatureServing } from "../../queries/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { testApp } from "./app.test-support.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ shop: z.int(), country: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count() });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [orders],
  features: [
    defineFeatures({
      name: "buyer",
      description: "What was known of a buyer.",
      entity: "subject",
      features: { orders: over(orders, { window: ["1d", "7d"] }), country: latest(order, "country") },
    }),
    defineFeatures({ name: "visit", entity: { at: "subject", shop: "shop" }, features: { orders: over(orders, { window: "7d" }) } }),
  ],
});
const AT = "2026-03-28T12:00:00Z";

describe("features over HTTP", () => {
  const database = useDatabase();
  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, database.clickhouse), database.clickhouse);
    const events = ["ann", "ann", "bob"].map((subject, index) => {
      const time = `2026-03-2${6 + index} 11:00:00`;
      const place = { stream: "SHOP", epoch: 1, seq: index + 1, idx: 0, id: String(index) };
      return {
        ...place,
        type: "order.placed",
        subject,
        time,
        known_at: time,
        stored_at: time,
        data: { shop: index, country: `C${index}` },
      };
    });
    await insert("events", events);
    await insert("ingest_ledger", [{ stream: "SHOP", epoch: 1, generation: 1, first: 1, last: 3, received: 3 }]);
  });
  const insert = (table: string, rows: readonly object[]) =>
    database.clickhouse.insert({
      table,
      columns: Object.keys(rows[0] ?? {}),
      format: "JSONEachRow",
      body: Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")),
      token: randomBytes(8).toString("hex"),
    });

  const ask = (path: string, body?: unknown, accept = "application/json", serving?: ReadonlyMap<string, FeatureServing>) => {
    const app = testApp({ clickhouse: database.clickhouse, project }, serving ? { serving } : {});
    const headers = { host: "localhost", accept, "content-type": "application/json" };
    return app.request(
      `http://localhost/${path}`,
      body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) },
    );
  };

  it("come for one entity by its address, as of a moment", async () => {
    const response = await ask(`v1/features/buyer?entity=ann&at=${AT}`);
    expect([response.status, await response.json()]).toMatchObject([
      200,
      {
        features: "buyer",
        at: "2026-03-28T12:00:00.000000Z",
        watermark: { SHOP: { epoch: 1, seq: 3 } },
        entity: ["entity"],
        columns: [{ name: "orders_1d" }, { name: "orders_7d", type: "integer", missing: null }, { name: "country", type: "text" }],
        rows: [{ entity: "ann", orders_1d: 0, orders_7d: 2, country: "C1" }],
      },
    ]);
    const past = await ask(`v1/features/buyer?entity=ann&at=${AT}&asOf=1`);
    expect(await past.json()).toMatchObject({ watermark: { SHOP: { seq: 1 } }, rows: [{ orders_7d: 1, country: "C0" }] });
    expect(await (await ask("v1/features/buyer?entity=ann")).json()).toMatchObject({ rows: [{ orders_7d: 0, country: "C1" }] });
  });

  it("come for an entity of several parts, of which one may be called as a parameter is", async () => {
    const one = (await (await ask("v1/features/visit?at=ann&shop=1")).json()) as { rows: unknown };
    expect(one.rows).toEqual([{ at: "ann", shop: "1", orders: 0 }]);
    const posted = await ask("v1/features/visit", { entities: [{ at: "ann", shop: 1 }], at: AT });
    expect(await posted.json()).toMatchObject({ rows: [{ at: "ann", shop: "1", orders: 1 }] });
  });

  it("come for a thousand entities in their order, as JSON, CSV and Arrow", async () => {
    const entities = Array.from({ length: 1_000 }, (_, index) => (index === 998 ? "bob" : `${"n".repeat(100)}${index}`));
    const { rows } = (await (await ask("v1/features/buyer", { entities, at: AT })).json()) as { rows: { entity: string }[] };
    expect([rows.length, rows[998]]).toEqual([1_000, { entity: "bob", orders_1d: 1, orders_7d: 1, country: "C2" }]);
    const csv = await ask("v1/features/buyer", { entities: ["bob", "eve"], at: AT }, "text/csv");
    expect(await csv.text()).toBe(
      '"entity","time","orders_1d","orders_7d","country"\n"bob","2026-03-28T12:00:00.000000Z",1,1,"C2"\n"eve","2026-03-28T12:00:00.000000Z",0,0,\n',
    );
    const arrow = await ask("v1/features/buyer", { entities: ["bob"], at: AT }, "application/vnd.apache.arrow.file");
    const [row] = tableFromIPC(new Uint8Array(await arrow.arrayBuffer())).toArray();
    expect(row?.toJSON()).toMatchObject({ entity: "bob", orders_7d: 1n, country: "C2" });
  });

  it("come from a set that is kept ready, at the watermark that it has", async () => {
    const buyer = await serveFeatures(database.clickhouse, project, "buyer", { everyMs: 3_600_000 });
    const serving = new Map([["buyer", buyer]]);
    await insert("ingest_ledger", [{ stream: "SHOP", epoch: 1, generation: 1, first: 4, last: 4, received: 1 }]);
    const told = async () => (await ask("v1/features/buyer?entity=ann", undefined, "application/json", serving)).json();
    expect(await told()).toMatchObject({ watermark: { SHOP: { seq: 3 } }, rows: [{ entity: "ann", orders_7d: 0, country: "C1" }] });
    await buyer.refresh();
    expect(await told()).toMatchObject({ watermark: { SHOP: { seq: 4 } } });
    expect(await (await ask(`v1/features/buyer?entity=ann&at=${AT}`, undefined, "application/json", serving)).json()).toMatchObject({
      rows: [{ orders_7d: 2 }],
    });
    await buyer.close();
  });

  it.each<[string, string, unknown, number, string]>([
    ["a set that there is not", "byer?entity=ann", undefined, 404, 'did you mean "buyer"?'],
    ["no entity", "buyer", undefined, 400, "Entity 1 has no entity."],
    [
      "a parameter that there is not",
      "buyer?entitty=ann",
      undefined,
      400,
      'The address has "entitty", which says nothing: did you mean "entity"?',
    ],
    ["the future", "buyer?entity=ann&at=2199-01-01", undefined, 400, "in the future"],
    ["no moment", "buyer?entity=ann&at=soon", undefined, 400, '"at" is "soon"'],
    [
      "too many entities",
      "buyer",
      { entities: Array.from({ length: 1_001 }, () => "a") },
      400,
      "1,001 entities, and one answer has at most 1,000",
    ],
    ["another question", "buyer", { entity: "ann" }, 400, '"entities" does not fit'],
    ["a body without end", "buyer", { entities: ["n".repeat(1_100_000)] }, 413, "1048576 bytes"],
  ])("are refused for %s", async (_name, path, body, status, words) => {
    const response = await ask(`v1/features/${path}`, body);
    const told = (await response.json()) as { detail: string };
    expect([response.status, told.detail]).toEqual([status, expect.stringContaining(words)]);
  });

  it("are described: the sets, and what may be asked of each", async () => {
    expect(await (await ask("v1/features")).json()).toMatchObject([
      {
        name: "buyer",
        description: "What was known of a buyer.",
        entity: [{ name: "entity", field: "subject" }],
        features: [{ name: "orders_1d" }, {}, {}],
      },
      { name: "visit" },
    ]);
    const { paths } = (await (await ask("openapi.json")).json()) as {
      paths: Record<string, { get: { parameters: { name: string }[] }; post: object }>;
    };
    expect(paths["/v1/features/buyer"]?.get.parameters.map(({ name }) => name)).toEqual(["entity", "at", "asOf"]);
    expect(paths["/v1/features/visit"]?.get.parameters.map(({ name }) => name)).toEqual(["at", "shop", "asOf"]);
    expect(JSON.stringify(paths["/v1/features/buyer"]?.post)).toContain("count of order.placed in [T - 1d, T)");
  });
});
