import { describe, expect, test } from "vitest";
import { readStatement } from "./statement.ts";

describe("statements that return rows", () => {
  test.each([
    ["SELECT 1", undefined],
    ["SELECT 1 FORMAT JSON", "JSON"],
    ["select 1 format Native settings max_threads = 1", "Native"],
    ["SELECT format('{}', 1)", undefined],
    ["SELECT format FROM t", undefined],
    ["SELECT t.format x", undefined],
    ["SELECT 1 AS format", undefined],
    ["SELECT 'FORMAT CSV'", undefined],
    ["SELECT 1 -- FORMAT CSV", undefined],
    ["SELECT * FROM (SELECT 1) /* ; */ FORMAT CSV;", "CSV"],
    ["WITH 1 AS x SELECT x FORMAT TSV", "TSV"],
    ["(SELECT 1) UNION ALL (SELECT 2) FORMAT CSV", "CSV"],
    ["SHOW TABLES", undefined],
  ])("%s", (sql, format) => {
    expect(readStatement(sql)).toMatchObject({ kind: "rows", ...(format === undefined ? {} : { format }) });
    expect((readStatement(sql) as { format?: string }).format).toBe(format);
  });

  test.each([
    ["a plain text", "x".repeat(32_000_000)],
    ["one of escapes", "\\'".repeat(4_000_000)],
    ["one of quotes", "''".repeat(4_000_000)],
  ])("a literal of many MB: %s", (_, text) => {
    expect(readStatement(`SELECT '${text}' FORMAT CSV`)).toMatchObject({ kind: "rows", format: "CSV" });
  });

  test.each(["SELECT 'a", "SELECT 'a\\", "SELECT `a``", 'SELECT "a\\"'])("a quote that is not closed: %s", (sql) => {
    expect(readStatement(sql)).toMatchObject({ kind: "rows", end: sql.length });
  });

  test("the place of INTO OUTFILE is before FORMAT", () => {
    const sql = "SELECT 1 FORMAT JSON SETTINGS a = 1 ;";
    expect(readStatement(sql)).toEqual({ kind: "rows", keyword: "SELECT", format: "JSON", outputAt: 9, end: 35 });
  });
});

describe("INSERT with data", () => {
  test.each([
    ["INSERT INTO t FORMAT JSONEachRow\n", "JSONEachRow", ""],
    ["INSERT INTO t FORMAT CSV\n1,2", "CSV", "1,2"],
    ["INSERT INTO t (a, b) FORMAT CSV 1,2;3", "CSV", "1,2;3"],
    ["insert into t values (1), (2)", "Values", "(1), (2)"],
    ["INSERT INTO `values` VALUES (';')", "Values", "(';')"],
    ["INSERT INTO t FORMAT Values (1)", "Values", "(1)"],
    ["INSERT INTO values VALUES (1)", "Values", "(1)"],
    ["INSERT INTO t SETTINGS async_insert = 0 FORMAT RowBinary\n\u0001'\u0002", "RowBinary", "\u0001'\u0002"],
    ["INSERT INTO FUNCTION null('a String') FORMAT LineAsString\nx", "LineAsString", "x"],
    ["/* x */ INSERT INTO t FORMAT Native", "Native", ""],
  ])("%j", (sql, format, data) => {
    const statement = readStatement(sql);
    expect(statement).toMatchObject({ kind: "insert-data", format });
    expect(sql.slice((statement as { dataAt: number }).dataAt)).toBe(data);
  });

  test("FROM INFILE goes before SETTINGS", () => {
    const sql = "INSERT INTO t (a) SETTINGS x = 1 FORMAT CSV\n1";
    const statement = readStatement(sql) as { infileAt: number; headEnd: number };
    expect(sql.slice(statement.infileAt, statement.headEnd)).toBe("SETTINGS x = 1 ");
  });

  test("input() stands for the data", () => {
    const sql = "INSERT INTO t SELECT a + 1 FROM input('a UInt8') FORMAT CSV\n1";
    const statement = readStatement(sql) as { input: { start: number; end: number; structure: string } };
    expect(sql.slice(statement.input.start, statement.input.end)).toBe("input('a UInt8')");
    expect(statement.input.structure).toBe("'a UInt8'");
  });
});

describe("everything else", () => {
  test.each([
    "CREATE TABLE t (insert UInt8, format String) ENGINE = Memory",
    "INSERT INTO t SELECT 1",
    "INSERT INTO t WITH 1 AS x SELECT x",
    "WITH 1 AS x INSERT INTO t SELECT x",
    "SET max_threads = 1",
    "ALTER TABLE t DELETE WHERE 1;",
  ])("%s", (sql) => {
    expect(readStatement(sql).kind).toBe("command");
  });

  test.each(["", "  ;", "-- nothing", "/* open"])("%j is empty", (sql) => {
    expect(readStatement(sql).kind).toBe("empty");
  });

  test.each([
    ["SELECT 1; SELECT 2", 62],
    ["DROP TABLE a; -- x\nDROP TABLE b", 62],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 358],
    ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 48],
  ])("%s is refused", (sql, code) => {
    expect(readStatement(sql)).toMatchObject({ kind: "refused", code });
  });

  test.each([
    "SELECT ';'",
    'SELECT ";"',
    "SELECT `;`",
    "SELECT 'it''s; \\'; x'",
    "SELECT $tag$;$tag$",
    "SELECT 1 -- ;\n",
    "SELECT /* ; */ 1",
  ])("%s is one statement", (sql) => {
    expect(readStatement(sql).kind).toBe("rows");
  });
});
