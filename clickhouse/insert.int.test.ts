import { request } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import { inject, beforeAll, describe, expect, it } from "vitest";
import { rejection, useDatabase } from "./database.test-support.ts";
import { ClickHouseFailure, connectClickHouse, DEDUPLICATION_SETTINGS } from "./index.ts";

const held = useDatabase();
let made = 0;

/** A table of numbers behind which a materialized view sums them; both remember tokens. */
async function makeTable(): Promise<string> {
  made += 1;
  const table = `numbers_${made}`;
  const { clickhouse } = held;
  const settings = `SETTINGS ${DEDUPLICATION_SETTINGS}`;
  await clickhouse.command({
    name: "Table",
    sql: `CREATE TABLE ${table} (n UInt64, note String) ENGINE = MergeTree ORDER BY n ${settings}`,
  });
  await clickhouse.command({
    name: "Target",
    sql: `CREATE TABLE ${table}_sums (k UInt8, total SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree ORDER BY k ${settings}`,
  });
  await clickhouse.command({
    name: "View",
    sql: `CREATE MATERIALIZED VIEW ${table}_view TO ${table}_sums AS SELECT 0 AS k, sum(n) AS total FROM ${table} GROUP BY k`,
  });
  return table;
}

const lines = (...numbers: unknown[]): Buffer => Buffer.from(numbers.map((n) => `${JSON.stringify({ n, note: "x" })}\n`).join(""));

async function insert(table: string, body: Buffer | Readable, token: string, signal?: AbortSignal): Promise<void> {
  await held.clickhouse.insert({ table, columns: ["n", "note"], format: "JSONEachRow", body, token, ...(signal ? { signal } : {}) });
}

/** Rows and sum of the table, and what the view made of them. */
async function contents(table: string): Promise<{ rows: number; total: number; viewed: number }> {
  const [row] = await held.clickhouse.rows<{ rows: string; total: string; viewed: string }>({
    name: "Contents",
    sql: `SELECT count() AS rows, sum(n) AS total, (SELECT sum(total) FROM ${table}_sums) AS viewed FROM ${table}`,
  });
  return { rows: Number(row?.rows), total: Number(row?.total), viewed: Number(row?.viewed) };
}

describe("a token", () => {
  it("makes a repetition harmless, behind a view too", async () => {
    const table = await makeTable();
    for (let time = 0; time < 3; time += 1) await insert(table, lines(1, 2, 3), "batch-1");
    expect(await contents(table)).toStrictEqual({ rows: 3, total: 6, viewed: 6 });
    await insert(table, lines(1, 2, 3), "batch-2");
    expect(await contents(table)).toStrictEqual({ rows: 6, total: 12, viewed: 12 });
  });

  it("counts, not the bytes: other rows under an old token are not added", async () => {
    const table = await makeTable();
    await insert(table, lines(1, 2, 3), "batch-1");
    await insert(table, lines(10, 20, 30, 40), "batch-1");
    expect(await contents(table)).toStrictEqual({ rows: 3, total: 6, viewed: 6 });
  });

  it("makes two at the same time one", async () => {
    const table = await makeTable();
    await Promise.all([1, 2, 3, 4].map(async () => insert(table, lines(1, 2, 3), "batch-1")));
    expect(await contents(table)).toStrictEqual({ rows: 3, total: 6, viewed: 6 });
  });

  it("is not used up by an insert that failed", async () => {
    const table = await makeTable();
    expect(await rejection(insert(table, lines(1, "x"), "batch-1"))).toBeInstanceOf(ClickHouseFailure);
    await insert(table, lines(1, 2), "batch-1");
    expect(await contents(table)).toStrictEqual({ rows: 2, total: 3, viewed: 3 });
  });

  it("may hold anything", async () => {
    const table = await makeTable();
    const token = `p/S'"\\ö/1/1/1-2&x=y z`;
    for (let time = 0; time < 2; time += 1) await insert(table, lines(1), token);
    expect(await contents(table)).toMatchObject({ rows: 1 });
  });
});

describe("an insert", () => {
  it("is all or nothing, whichever row is bad", async () => {
    const table = await makeTable();
    const numbers: unknown[] = Array.from({ length: 30_000 }, (_, n) => n);
    for (const bad of [0, 15_000, 29_999]) {
      const failure = await rejection<ClickHouseFailure>(insert(table, lines(...numbers.with(bad, "not a number")), `bad-${bad}`));
      expect(failure.kind).toBe("bad-data");
    }
    expect(await contents(table)).toStrictEqual({ rows: 0, total: 0, viewed: 0 });
  });

  it("of nothing is nothing", async () => {
    const table = await makeTable();
    await insert(table, Buffer.alloc(0), "empty");
    expect(await contents(table)).toMatchObject({ rows: 0 });
  });

  it("takes a stream like bytes", async () => {
    const table = await makeTable();
    await insert(table, Readable.from([lines(1), lines(2, 3)], { objectMode: false }), "stream");
    expect(await contents(table)).toStrictEqual({ rows: 3, total: 6, viewed: 6 });
  });

  it("adds nothing if it is aborted while its body is under way", async () => {
    const table = await makeTable();
    const abort = new AbortController();
    const body = new Readable({ read() {} });
    body.push(lines(...Array.from({ length: 5_000 }, (_, n) => n)));
    const failure = rejection<ClickHouseFailure>(insert(table, body, "aborted", abort.signal));
    await new Promise((resolve) => setTimeout(resolve, 200));
    abort.abort();
    expect((await failure).kind).toBe("retry");
    expect(await settledRows(table)).toBe(0);
    await insert(table, lines(1), "aborted");
    expect(await contents(table)).toMatchObject({ rows: 1 });
  });
});

/** Rows of a table once nothing is being inserted any more. */
async function settledRows(table: string): Promise<number> {
  await expect
    .poll(async () => {
      const [row] = await held.clickhouse.rows<{ n: string }>({
        name: "Running",
        sql: `SELECT count() AS n FROM system.processes WHERE query LIKE 'INSERT INTO ${table} %'`,
      });
      return Number(row?.n);
    })
    .toBe(0);
  return (await contents(table)).rows;
}

describe("a connection that breaks in the middle of the body", () => {
  const body = lines(...Array.from({ length: 20_000 }, (_, n) => n));
  /** Where the cut falls: at the end of a line, so that what arrived is a sound document of its own. */
  const cut = body.lastIndexOf(10, body.length / 2) + 1;
  let target: string;
  beforeAll(() => {
    target = `${inject("clickhouseUrl")}/?database=${held.clickhouse.database}&async_insert=0`;
  });

  it.each(["chunked", "content-length"])("commits no part of it (%s)", async (how) => {
    const table = await makeTable();
    const query = encodeURIComponent(`INSERT INTO ${table} (n, note) FORMAT JSONEachRow`);
    const headers = how === "chunked" ? { "transfer-encoding": "chunked" } : { "content-length": body.length };
    const outgoing = request(`${target}&query=${query}`, { method: "POST", headers, agent: false });
    outgoing.on("error", () => {});
    await new Promise<void>((resolve) => {
      outgoing.write(body.subarray(0, cut), () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    outgoing.destroy();
    expect(await settledRows(table)).toBe(0);
  });

  it("is a failure to retry, and the repetition under the same token goes in whole", async () => {
    const table = await makeTable();
    const { hostname, port } = new URL(inject("clickhouseUrl"));
    const sockets: Socket[] = [];
    const proxy = createServer((client) => {
      let seen = 0;
      const server = connect(Number(port), hostname);
      sockets.push(client, server);
      client.on("error", () => {}).on("close", () => server.destroy());
      server.on("error", () => {}).on("close", () => client.destroy());
      server.pipe(client);
      client.on("data", (chunk) => {
        const room = Math.max(0, cut - seen);
        seen += chunk.length;
        server.write(chunk.subarray(0, room));
        if (seen > cut) setTimeout(() => server.resetAndDestroy(), 100);
      });
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, "127.0.0.1", resolve);
    });
    const through = connectClickHouse({
      url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      database: held.clickhouse.database,
    });
    const columns = ["n", "note"];
    const failure = await rejection<ClickHouseFailure>(through.insert({ table, columns, format: "JSONEachRow", body, token: "cut" }));
    expect(failure).toMatchObject({ name: "ClickHouseFailure", kind: "retry", code: undefined });
    expect(await settledRows(table)).toBe(0);
    await insert(table, body, "cut");
    expect(await contents(table)).toMatchObject({ rows: 20_000 });
    await through.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      proxy.close(resolve);
    });
  });
});

describe("bytes of a known length", () => {
  it("are announced, so that a server can tell a whole body from a broken one", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((socket) => {
      socket.once("data", (chunk) => {
        const head = chunk.toString("latin1");
        seen.push(/content-length: (\d+)/i.exec(head)?.[1], /transfer-encoding: (\w+)/i.exec(head)?.[1]);
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const clickhouse = connectClickHouse({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, database: "x" });
    await clickhouse.insert({ table: "t", columns: ["n"], format: "RowBinary", body: Buffer.alloc(123), token: "1" });
    expect(seen).toStrictEqual(["123", undefined]);
    await clickhouse.close();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
});
