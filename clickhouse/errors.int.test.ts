import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startClickHouse } from "../embedded/index.ts";
import { rejection, useDatabase } from "./database.test-support.ts";
import { ClickHouseFailure, connectClickHouse, type ClickHouse, type FailureKind } from "./index.ts";

const held = useDatabase();
const SECRET = "violet-4711";

beforeAll(async () => {
  const { clickhouse } = held;
  await clickhouse.command({ name: "Table", sql: "CREATE TABLE t (n UInt64, data JSON) ENGINE = MergeTree ORDER BY n" });
  await clickhouse.command({
    name: "Picky",
    sql: "CREATE TABLE picky (n UInt64, note String, CONSTRAINT small CHECK n < 10) ENGINE = MergeTree ORDER BY n",
  });
});

async function insert(columns: string[], body: string, table = "t", format = "JSONEachRow"): Promise<void> {
  await held.clickhouse.insert({ table, columns, format, body: Buffer.from(body), token: body.slice(0, 50) });
}
const statement = async (sql: string, settings = {}): Promise<unknown> => held.clickhouse.rows({ name: "Question", sql, settings });

describe("what the server refuses", () => {
  it.each<[string, FailureKind, number, () => Promise<unknown>]>([
    ["a row with text for a number", "bad-data", 27, async () => insert(["n"], `{"n":"${SECRET}"}`)],
    ["a row that is no JSON", "bad-data", 117, async () => insert(["n", "data"], `{"n":1,"data":{"${SECRET}":1,"${SECRET}":2}}`)],
    ["a row that breaks a constraint", "bad-data", 469, async () => insert(["n", "note"], `{"n":11,"note":"${SECRET}"}`, "picky")],
    ["rows that end too soon", "bad-data", 33, async () => insert(["n", "note"], "\u0001\0\0\0\0\0\0\0\u0010abc", "picky", "RowBinary")],
    ["an unknown table", "pause", 60, async () => statement("SELECT * FROM nowhere")],
    ["an insert into an unknown table", "pause", 60, async () => insert(["n"], '{"n":1}', "nowhere")],
    ["an insert into an unknown column", "pause", 16, async () => insert(["nowhere"], '{"nowhere":1}')],
    ["an unknown database", "pause", 81, async () => statement("SELECT * FROM nowhere.t")],
    ["a syntax error", "bad-statement", 62, async () => statement("SELEC 1")],
    ["an unknown column", "bad-statement", 47, async () => statement("SELECT nothing FROM t")],
    ["an unknown function", "bad-statement", 46, async () => statement("SELECT no_such_function(1)")],
    ["wrong types", "bad-statement", 43, async () => statement("SELECT 1 + 'a'")],
    ["a lacking parameter", "bad-statement", 456, async () => statement("SELECT {x:UInt8}")],
    [
      "a parameter of another type",
      "bad-statement",
      457,
      async () => held.clickhouse.rows({ name: "Question", sql: "SELECT {x:UInt8}", params: { x: SECRET } }),
    ],
    ["an unknown setting", "bad-statement", 115, async () => statement("SELECT 1", { no_such_setting: 1 })],
    ["too many rows", "bad-statement", 158, async () => statement("SELECT * FROM numbers(1000)", { max_rows_to_read: "10" })],
    ["a result that is too large", "bad-statement", 396, async () => statement("SELECT * FROM numbers(1000)", { max_result_rows: "10" })],
    ["too much time", "retry", 159, async () => statement("SELECT sleep(2)", { max_execution_time: 1 })],
    [
      "too much memory",
      "slow-down",
      241,
      async () => statement("SELECT groupArray(number) FROM numbers(10000000)", { max_memory_usage: "1000000" }),
    ],
    [
      "too many partitions of one insert",
      "bad-data",
      252,
      async () => {
        await held.clickhouse.command({
          name: "Table",
          sql: "CREATE TABLE IF NOT EXISTS split (n UInt64) ENGINE = MergeTree PARTITION BY n ORDER BY n",
        });
        await insert(["n"], Array.from({ length: 101 }, (_, n) => `{"n":${n}}`).join("\n"), "split");
      },
    ],
  ])("%s: %s (code %d)", async (name, kind, code, run) => {
    const failure = await rejection<ClickHouseFailure>(run());
    expect(failure).toBeInstanceOf(ClickHouseFailure);
    expect({ kind: failure.kind, code: failure.code }).toStrictEqual({
      kind: name.startsWith("too many partitions") ? "slow-down" : kind,
      code,
    });
    expect(failure.message).toMatch(
      /^(Question|Insert into \w+): ClickHouse answered [A-Z_0-9]+ \(code \d+\)(: run "hydrograph migrate")?\.$/,
    );
  });
});

describe("a failure's text", () => {
  it("never holds what the row held, however it is printed; the server's own words stay at hand", async () => {
    const failure = await rejection<ClickHouseFailure>(insert(["n"], `{"n":"${SECRET}"}`));
    expect(failure.serverText).toContain("4711");
    for (const text of [failure.message, String(failure), JSON.stringify(failure), failure.stack, inspect(failure, { depth: 9 })]) {
      expect(text).not.toContain("4711");
    }
    expect(Object.keys(failure)).not.toContain("serverText");
  });

  it("says what to do where we know", async () => {
    const failure = await rejection<ClickHouseFailure>(statement("SELECT * FROM nowhere"));
    expect(failure.message).toBe('Question: ClickHouse answered UNKNOWN_TABLE (code 60): run "hydrograph migrate".');
  });
});

describe("a server that cannot be asked", () => {
  it("is retried if nothing listens", async () => {
    const nobody = connectClickHouse({ url: "http://127.0.0.1:1", database: "x" });
    expect(await rejection(nobody.ping())).toMatchObject({
      kind: "retry",
      code: undefined,
      message: expect.stringMatching(/^Ping: no answer from ClickHouse \(.*ECONNREFUSED.*\)\.$/) as string,
    });
    await nobody.close();
  });

  it("is retried if its name is unknown", async () => {
    const nobody = connectClickHouse({ url: "http://no-such-host.invalid:8123", database: "x" });
    expect(await rejection(nobody.ping())).toMatchObject({ kind: "retry" });
    await nobody.close();
  });

  it.each([
    [500, "Code: 999. DB::Exception: Something new. (SOMETHING_NEW)", "retry"],
    [502, "<html>Bad gateway</html>", "retry"],
    [503, "", "retry"],
    [429, "slow down", "retry"],
  ] as const)("HTTP %d with %j: %s", async (status, text, kind) => {
    const server = createServer((message, response) => {
      message.resume();
      response.writeHead(status).end(text);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const proxied = connectClickHouse({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, database: "x" });
    const body = Buffer.from("x");
    const failure = await rejection(proxied.insert({ table: "t", columns: ["n"], format: "CSV", body, token: "t" }));
    expect(failure).toMatchObject({ name: "ClickHouseFailure", kind });
    await proxied.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  it("is retried if it takes too long, or hangs up", async () => {
    const server = createServer((message, response) => {
      if (message.url?.includes("hang") === true) response.destroy();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const slow = connectClickHouse({ url, database: "x", timeoutMs: 200 });
    expect(await rejection(slow.ping())).toMatchObject({ kind: "retry" });
    const rude = connectClickHouse({ url, database: "hang" });
    expect(await rejection(rude.ping())).toMatchObject({ kind: "retry" });
    await Promise.all([slow.close(), rude.close()]);
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  it("is waited for if its statement may take long", async () => {
    const impatient = connectClickHouse({ url: inject("clickhouseUrl"), database: "default", timeoutMs: 200 });
    const slow = { name: "Slow", sql: "SELECT 1 AS one, sleep(1) AS slept" };
    expect(await rejection(impatient.rows(slow))).toMatchObject({
      kind: "retry",
      message: expect.stringContaining("(timeoutMs)") as string,
    });
    expect(await impatient.rows({ ...slow, mayTakeLong: true })).toMatchObject([{ one: 1 }]);
    await impatient.command({ ...slow, mayTakeLong: true });
    await (await impatient.bytes({ ...slow, mayTakeLong: true, format: "CSV" })).toArray();
    await impatient.close();
    const patient = connectClickHouse({ url: inject("clickhouseUrl"), database: "default", timeoutMs: 200, mayTakeLong: true });
    expect(await patient.rows(slow)).toMatchObject([{ one: 1 }]);
    await patient.close();
  });

  it("is a failure like any other if it was aborted", async () => {
    const abort = new AbortController();
    const running = rejection(held.clickhouse.rows({ name: "Long", sql: "SELECT sleep(3)", signal: abort.signal }));
    setTimeout(() => abort.abort(), 100);
    expect(await running).toMatchObject({ name: "ClickHouseFailure", kind: "retry" });
    expect(await rejection(held.clickhouse.rows({ name: "Never", sql: "SELECT 1", signal: abort.signal }))).toMatchObject({
      kind: "retry",
    });
  });
});

describe("a server with a password", () => {
  let server: Awaited<ReturnType<typeof startClickHouse>>;
  let directory: string;
  const clients: ClickHouse[] = [];
  const client = (options: { username?: string; password?: string }): ClickHouse => {
    const made = connectClickHouse({ url: server.url, database: "default", ...options });
    clients.push(made);
    return made;
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hydrograph-password-"));
    server = await startClickHouse({ dataDir: directory, password: "right", readonlyPassword: "reader" });
  });
  afterAll(async () => {
    await Promise.all(clients.map(async (each) => each.close()));
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("lets the right one in", async () => {
    await expect(client({ password: "right" }).ping()).resolves.toBeUndefined();
  });

  it.each([{}, { password: "wrong" }, { username: "nobody", password: "right" }])(
    "pauses with %j, and does not say the password",
    async (options) => {
      const failure = await rejection<ClickHouseFailure>(client(options).ping());
      expect(failure).toMatchObject({
        kind: "pause",
        message: expect.stringMatching(/\(code \d+\): check the user and password\.$/) as string,
      });
      expect(inspect(failure, { depth: 9 })).not.toContain(options.password ?? "right");
    },
  );

  it("pauses who may only read", async () => {
    const reader = client({ username: "readonly", password: "reader" });
    const failure = await rejection(reader.command({ name: "Write", sql: "CREATE TABLE x (n UInt8) ENGINE = Memory" }));
    expect(failure).toMatchObject({ kind: "pause", message: expect.stringContaining("the user lacks a permission") as string });
  });
});
