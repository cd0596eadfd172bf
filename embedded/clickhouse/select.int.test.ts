import { gunzipSync } from "node:zlib";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { exchange, quietClient, rows, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();

describe("formats", () => {
  test("every JSON format of the client parses", async () => {
    for (const format of [
      "JSON",
      "JSONEachRow",
      "JSONCompact",
      "JSONCompactEachRow",
      "JSONStrings",
      "JSONColumnsWithMetadata",
      "JSONObjectEachRow",
      "JSONCompactEachRowWithNamesAndTypes",
    ] as const) {
      const result = await endpoint.client.query({ query: "SELECT 1 AS a, 'ü' AS b", format });
      expect(JSON.stringify(await result.json())).toContain("ü");
      expect(result.response_headers["x-clickhouse-format"]).toBe(format);
    }
  });

  test.each([
    ["CSV", '1,"x"\n'],
    ["CSVWithNames", '"a","b"\n1,"x"\n'],
    ["TabSeparated", "1\tx\n"],
    ["Values", "(1,'x')"],
    ["Vertical", "Row 1:\n──────\na: 1\nb: x\n"],
    ["XML", "<name>a</name>"],
    ["Markdown", "| a | b |"],
  ])("text format %s", async (format, expected) => {
    const { text, headers } = await exchange(endpoint.server.url, `SELECT 1 AS a, 'x' AS b FORMAT ${format}`);
    expect(text).toContain(expected);
    expect(headers["x-clickhouse-format"]).toBe(format);
  });

  test("binary formats arrive undamaged", async () => {
    const query = "SELECT toUInt8(number) AS n, unhex('00ff0d0a1bfe') AS bytes FROM numbers(256)";
    const rowBinary = (await exchange(endpoint.server.url, `${query} FORMAT RowBinary`)).body;
    const expected = Buffer.concat(Array.from({ length: 256 }, (_, n) => Buffer.from([n, 6, 0, 255, 13, 10, 27, 254])));
    expect(rowBinary.equals(expected)).toBe(true);

    const native = (await exchange(endpoint.server.url, `SELECT toUInt8(7) AS n FORMAT Native`)).body;
    expect([...native]).toEqual([1, 1, 1, 110, 5, ...Buffer.from("UInt8"), 7]);

    for (const format of ["Arrow", "ArrowStream"]) {
      const { body } = await exchange(
        endpoint.server.url,
        `SELECT number AS n FROM numbers(100000) FORMAT ${format} SETTINGS output_format_arrow_compression_method = 'none'`,
      );
      const table = tableFromIPC(body);
      expect(table.numRows).toBe(100_000);
      expect(table.getChild("n")?.get(99_999)).toBe(99_999n);
    }

    const { body: parquet } = await exchange(endpoint.server.url, "SELECT number FROM numbers(1000) FORMAT Parquet");
    expect([parquet.subarray(0, 4).toString(), parquet.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
  });

  test("default_format counts if the query names none", async () => {
    expect((await exchange(`${endpoint.server.url}/?default_format=CSV`, "SELECT 1, 'x'")).text).toBe('1,"x"\n');
    expect((await exchange(endpoint.server.url, "SELECT 1, 'x'")).text).toBe("1\tx\n");
    expect((await exchange(endpoint.server.url, "SELECT 1, 'x'", { "X-ClickHouse-Format": "CSV" })).text).toBe('1,"x"\n');
  });

  test("an injected default_format is refused", async () => {
    const { status, text } = await exchange(
      `${endpoint.server.url}/?default_format=${encodeURIComponent("CSV SETTINGS max_threads=1")}`,
      "SELECT 1",
    );
    expect([status, text.slice(0, 9)]).toEqual([404, "Code: 73."]);
  });
});

describe("statements that return rows", () => {
  test.each([
    "SHOW DATABASES",
    "DESCRIBE TABLE system.one",
    "EXPLAIN SELECT 1",
    "EXISTS TABLE system.one",
    "SHOW FUNCTIONS LIKE 'plus'",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "WITH 1 AS x SELECT x",
    "FROM system.one SELECT dummy",
    "SELECT 1 -- comment",
    "SELECT 1;",
  ])("%s", async (query) => {
    const { status, text } = await exchange(endpoint.server.url, query);
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(/./) });
  });

  test("the query may be in the URL, in the body or in both", async () => {
    const url = endpoint.server.url;
    expect((await exchange(`${url}/?query=SELECT%201`)).text).toBe("1\n");
    expect((await exchange(url, "SELECT 1")).text).toBe("1\n");
    expect((await exchange(`${url}/?query=SELECT`, "1")).text).toBe("1\n");
  });
});

describe("headers", () => {
  test("a result says where it comes from", async () => {
    const { headers } = await exchange(`${endpoint.server.url}/?query_id=my-query`, "SELECT number FROM numbers(3)");
    expect(headers).toMatchObject({
      "x-clickhouse-query-id": "my-query",
      "x-clickhouse-format": "TabSeparated",
      "content-type": "text/tab-separated-values; charset=UTF-8",
      "x-clickhouse-timezone": expect.any(String),
      "x-clickhouse-server-display-name": expect.any(String),
      "x-clickhouse-exception-tag": expect.stringMatching(/^\w{16}$/),
    });
    expect(JSON.parse(String(headers["x-clickhouse-summary"]))).toMatchObject({ result_rows: "3" });
  });

  test("ping, root and unknown paths answer as a server does", async () => {
    const url = endpoint.server.url;
    expect(await endpoint.client.ping()).toEqual({ success: true });
    expect(await endpoint.client.ping({ select: true })).toEqual({ success: true });
    expect((await exchange(`${url}/ping`)).text).toBe("Ok.\n");
    expect((await exchange(`${url}/replicas_status`)).text).toBe("Ok.\n");
    expect((await exchange(url)).text).toBe("Ok.\n");
    expect((await exchange(`${url}/nope`)).status).toBe(404);
  });
});

describe("compression", () => {
  test("of responses, if asked for and accepted", async () => {
    const query = "SELECT number FROM numbers(1000000) FORMAT CSV";
    const plain = await exchange(endpoint.server.url, query, { "Accept-Encoding": "gzip" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const zipped = await exchange(`${endpoint.server.url}/?enable_http_compression=1`, query, { "Accept-Encoding": "gzip" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
  });

  test("through the client, both ways", async () => {
    const client = quietClient(endpoint.server.url, { compression: { request: true, response: true } });
    expect(await rows(client, "SELECT 'small' AS a")).toEqual([{ a: "small" }]);
    expect(await rows(client, "SELECT count() AS n FROM (SELECT 1 FROM numbers(10))")).toEqual([{ n: 10 }]);
    await client.command({ query: "CREATE TABLE zipped (a UInt32) ENGINE = Memory" });
    await client.insert({ table: "zipped", values: [{ a: 1 }, { a: 2 }], format: "JSONEachRow" });
    await client.command({ query: "INSERT INTO zipped VALUES (3)" });
    expect(await rows(client, "SELECT sum(a) AS s FROM zipped")).toEqual([{ s: 6 }]);
    await client.close();
  });
});

describe("streams", () => {
  test("rows stream through the client", async () => {
    const result = await endpoint.client.query({ query: "SELECT number FROM numbers(500000)", format: "JSONEachRow" });
    let sum = 0;
    for await (const batch of result.stream<{ number: number }>()) for (const row of batch) sum += row.json().number;
    expect(sum).toBe((500_000 * 499_999) / 2);
  });

  test("wait_end_of_query gives the same result", async () => {
    const { text, headers } = await exchange(
      `${endpoint.server.url}/?wait_end_of_query=1`,
      "SELECT number FROM numbers(1000000) FORMAT CSV",
    );
    expect(text.split("\n")).toHaveLength(1_000_001);
    expect(headers["x-clickhouse-format"]).toBe("CSV");
  });

  test("exec gives the raw stream", async () => {
    const { stream } = await endpoint.client.exec({ query: "SELECT 1 FORMAT RowBinary" });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(Buffer.from([1]))).toBe(true);
  });
});

describe("sessions", () => {
  test("a session keeps temporary tables and settings, and is its client's alone", async () => {
    const session = { session_id: "kept" };
    await endpoint.client.command({ query: "CREATE TEMPORARY TABLE mine (a UInt8)", ...session });
    await endpoint.client.command({ query: "INSERT INTO mine VALUES (5)", ...session });
    const result = await endpoint.client.query({ query: "SELECT a FROM mine", format: "JSONEachRow", ...session });
    expect(await result.json()).toEqual([{ a: 5 }]);
    await expect(endpoint.client.query({ query: "SELECT a FROM mine" })).rejects.toMatchObject({ code: "60" });
  });

  test("two requests at once in a session are refused, an unknown one with session_check too", async () => {
    const slow = exchange(`${endpoint.server.url}/?session_id=busy`, "SELECT sleep(1)");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await exchange(`${endpoint.server.url}/?session_id=busy`, "SELECT 1")).text).toContain("Code: 373.");
    expect((await slow).status).toBe(200);
    expect((await exchange(`${endpoint.server.url}/?session_id=other&session_check=1`, "SELECT 1")).text).toContain("Code: 372.");
  });

  test("nothing of one request leaks into the next", async () => {
    await exchange(`${endpoint.server.url}/?param_x=1&max_threads=1&database=system`, "SELECT {x:UInt8}");
    expect((await exchange(endpoint.server.url, "SELECT currentDatabase(), getSetting('max_threads') != 1 OR 1")).text).toContain(
      "default",
    );
    expect((await exchange(endpoint.server.url, "SELECT {x:UInt8}")).text).toContain("Code: 456.");
  });
});
