import type { Readable } from "node:stream";
import { splitLines } from "../input/read-lines.ts";
import { plural } from "./numbers.ts";
import { printable, table } from "./table.ts";

/** The format of ClickHouse that {@link resultTable} reads: a line of names, a line of types, then a line a row, each a JSON array. */
export const RESULT_FORMAT = "JSONCompactEachRowWithNamesAndTypes";

const NUMERIC = /^(Nullable\(|LowCardinality\()*(U?Int|Float|Decimal|BFloat)/;

/** Rows of any query as a table for reading, with their number below. */
export async function resultTable(stream: Readable): Promise<string> {
  const lines: unknown[][] = [];
  for await (const { bytes } of splitLines(stream)) {
    if (bytes.length > 0) lines.push(JSON.parse(bytes.toString("utf8")) as unknown[]);
  }
  const [names = [], types = [], ...rows] = lines;
  if (names.length === 0) return "No rows.\n";
  const columns = names.map((name, index) => ({
    title: printable(String(name)),
    align: NUMERIC.test(String(types[index])) ? ("right" as const) : ("left" as const),
  }));
  return `${table(
    columns,
    rows.map((row) => row.map(showValue)),
  )}${plural(rows.length, "row")}.\n`;
}

function showValue(value: unknown): string {
  if (value === null) return "NULL";
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
