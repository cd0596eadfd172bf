import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { count, defineEvent, defineMetric, defineProject } from "../../model/index.ts";
import { defineQuery, saveWatermark } from "../../queries/index.ts";
import { commitTo } from "../../queries/trends/trend.test-support.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { testApp } from "./app.test-support.ts";
import type { AppOptions } from "./create-app.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ country: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [orders],
  queries: [
    defineQuery({
      name: "by_country",
      ask: "trend",
      metric: orders,
      groupBy: ["country"],
      from: "2026-03-28",
      to: "2026-03-30",
      grain: "day",
    }),
    defineQuery({ name: "odd", description: "What is odd", ask: "anomalies", metric: orders, range: "7d", grain: "day" }),
  ],
});
const question = { metric: "orders", from: "2026-03-28", to: "2026-03-29", grain: "hour" };
/** Marks the queries of this file that take for ever. */
const MARK = "hydrograph_test_slow_query";

describe("the HTTP API", () => {
  const database = useDatabase();
  beforeAll(async () => applyPlan(await migrationPlan(project, database.clickhouse), database.clickhouse));

  const unexpected: unknown[] = [];
  const appWith = (more: Partial<AppOptions> = {}) =>
    testApp({ clickhouse: database.clickhouse, project }, { onUnexpected: (error) => unexpected.push(error), ...more });
  type App = ReturnType<typeof appWith>;
  const post = (app: App, body: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    app.request("http://localhost/v1/trend", {
      method: "POST",
      headers: { host: "localhost:8080", "content-type": "application/json", ...headers },
      body,
      ...(signal ? { signal } : {}),
    });
  /** ClickHouse that is as slow as can be: whatever is asked, it counts for ever. */
  const slow = (): ClickHouse => ({
    ...database.clickhouse,
    rows: (statement) =>
      database.clickhouse.rows({
        ...statement,
        sql: `SELECT count() /* ${MARK} */ FROM system.numbers WHERE NOT ignore(sipHash64(number))`,
        params: {},
      }),
  });
  const running = async (): Promise<number> => {
    const [row] = await database.clickhouse.rows<{ n: string }>({
      name: "Count slow queries",
      sql: "SELECT count() AS n FROM system.processes WHERE position(query, {mark:String}) > 0 AND query NOT LIKE '%system.processes%'",
      params: { mark: MARK },
    });
    return Number(row?.n);
  };

  it.each([
    [400, "is no JSON", "{", {}],
    [400, '"grain"', JSON.stringify({ metric: "orders", range: "7d" }), {}],
    [400, "fits", JSON.stringify({ ...question, bogus: 1 }), {}],
    [400, "did you mean", JSON.stringify({ ...question, metric: "order" }), {}],
    [413, "bytes", JSON.stringify({ ...question, metric: "x".repeat(70_000) }), {}],
    [415, "Content-Type", JSON.stringify(question), { "content-type": "text/plain" }],
    [406, "Accept", JSON.stringify(question), { accept: "image/png" }],
    [403, "localhost", JSON.stringify(question), { host: "evil.example" }],
  ])("refuses with %i, and says why: %s", async (status, words, body, headers) => {
    const response = await post(appWith(), body, headers);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.status).toBe(status);
    const told = (await response.json()) as { status: number; detail: string };
    expect(told.status).toBe(status);
    if (words !== "fits") expect(told.detail).toContain(words);
  });

  it("knows its paths, and how they are asked", async () => {
    const headers = { host: "localhost" };
    expect((await appWith().request("http://localhost/v2", { headers })).status).toBe(404);
    const got = await appWith().request("http://localhost/v1/trend", { headers });
    expect({ status: got.status, allow: got.headers.get("allow") }).toEqual({ status: 405, allow: "POST" });
  });

  it("sends the format that is wanted most of those there are", async () => {
    const response = await post(appWith(), JSON.stringify(question), { accept: "image/png, text/csv;q=0.9, application/json;q=0.1" });
    expect(response.headers.get("content-type")).toContain("text/csv");
    expect((await response.text()).split("\n")).toHaveLength(26);
  });

  it.each([
    ["anomalies", { ...question, grain: "day" }],
    ["changes", { ...question }],
    ["forecast", { ...question, horizon: 2 }],
    ["seasonality", { metric: "orders", from: "2026-03-28", to: "2026-03-29", grain: "hour", falseAlarms: 0.05 }],
    ["movers", { metric: "orders", groupBy: ["country"], from: "2026-03-28", to: "2026-03-29" }],
    ["revisions", { ...question, filter: { country: "DE" } }],
  ])("answers %s as JSON and CSV, and tells what does not fit", async (name, body) => {
    const app = appWith();
    const ask = (what: unknown, accept: string) =>
      app.request(`http://localhost/v1/${name}`, {
        method: "POST",
        headers: { host: "localhost", "content-type": "application/json", accept },
        body: JSON.stringify(what),
      });
    expect(await (await ask(body, "application/json")).json()).toMatchObject({ metric: "orders" });
    expect(await (await ask(body, "text/csv")).text()).toMatch(/^(start|at|country|before|output)/);
    const refused = await ask({ ...body, metric: ["orders"] }, "application/json");
    expect([refused.status, await refused.json()]).toMatchObject([400, { detail: expect.stringContaining('"metric" does not fit') }]);
  });

  it("asks the saved queries, about another range or as of a past state too", async () => {
    const app = appWith();
    const get = (path: string, accept = "application/json") =>
      app.request(`http://localhost/v1/${path}`, { headers: { host: "localhost", accept } });
    expect(await (await get("queries")).json()).toMatchObject([
      { name: "by_country", ask: "trend" },
      { name: "odd", description: "What is odd" },
    ]);
    const saved = (await (await get("queries/by_country")).json()) as object;
    expect(saved).toMatchObject({ from: "2026-03-28T00:00:00.000Z", to: "2026-03-30T00:00:00.000Z", groupBy: ["country"] });
    expect(await (await get("queries/by_country?to=2026-03-29")).json()).toMatchObject({
      from: "2026-03-28T00:00:00.000Z",
      to: "2026-03-29T00:00:00.000Z",
    });
    const past = `queries/by_country?range=2026-02&timezone=Europe/Berlin&asOf=${encodeURIComponent('{"SHOP":{"epoch":1,"seq":1}}')}`;
    expect(await (await get(past)).json()).toMatchObject({ from: "2026-01-31T23:00:00.000Z", timezone: "Europe/Berlin" });
    expect(await (await get("queries/odd", "text/csv")).text()).toMatch(/^start,end,state,partial,output,value,expected/);
    for (const [path, status, words] of [
      ["queries/by_contry", 404, 'did you mean "by_country"?'],
      ["queries/odd?to=2026-03-29", 400, '"from"'],
      ["queries/odd?last=7d", 400, "does not fit"],
      ["queries/odd?range=soon", 400, '"range" is "soon"'],
      ["queries/odd?asOf=1%20OR%201=1", 400, '"asOf"'],
      ["queries/odd?asOf=monday", 400, 'No watermark is saved as "monday"'],
    ] as const) {
      const refused = await get(path);
      expect([path, refused.status, await refused.json()]).toMatchObject([path, status, { detail: expect.stringContaining(words) }]);
    }
    const { paths } = (await (await get("../openapi.json")).json()) as { paths: Record<string, object> };
    expect(paths["/v1/queries/odd"]).toMatchObject({ get: { summary: "What is odd", operationId: "queries_odd" } });
  });

  it("gives up after its time, and nothing goes on", async () => {
    const response = await post(appWith({ clickhouse: slow(), maxSeconds: 1 }), JSON.stringify(question));
    expect(response.status).toBe(504);
    await expect.poll(running, { timeout: 20_000 }).toBe(0);
  });

  it("kills the query of a client that leaves, and until then tells others to come back", async () => {
    const app = appWith({ clickhouse: slow(), maxConcurrent: 1 });
    const client = new AbortController();
    const left = post(app, JSON.stringify(question), {}, client.signal);
    await expect.poll(running, { timeout: 20_000 }).toBeGreaterThan(0);
    const busy = await post(app, JSON.stringify(question));
    expect({ status: busy.status, after: busy.headers.get("retry-after") }).toEqual({ status: 503, after: "1" });
    client.abort();
    await left;
    await expect.poll(running, { timeout: 20_000 }).toBe(0);
  });

  it("tells the watermarks that were saved, by which an answer can be asked again", async () => {
    const watermark = { SHOP: { epoch: 1, seq: 10 } };
    await commitTo(database.clickhouse, { last: 10, storedTo: "2026-04-01 00:00:00" });
    await saveWatermark(database.clickhouse, project, "close-of-march");
    const response = await appWith().request("http://localhost/v1/watermarks", { headers: { host: "localhost" } });
    expect(await response.json()).toMatchObject([{ name: "close-of-march", watermark }]);
  });

  it("tells nobody of its own faults, and the log all", async () => {
    const broken = new TypeError("the secret of the house");
    const response = await post(appWith({ ingestedUntil: () => Promise.reject(broken) }), JSON.stringify(question));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(unexpected).toEqual([broken]);
  });
});
