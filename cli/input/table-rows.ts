import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { resolveTableRow, type TableRow } from "./table-row.ts";
import type { LookupTable } from "../../model/index.ts";
import { UsageError } from "../errors.ts";
import type { Line, LineSource } from "./read-lines.ts";

/** A row of a table's file, or what is wrong with it. */
export type FileRow = { readonly line: number } & (TableRow | { readonly problem: string });

const BRACE = 0x7b;

/**
 * Reads the rows of a lookup table from a file: JSON objects, one a line, or CSV with the names of its columns in the first line. Which of the two it is, its first byte tells.
 * @param key name of the column that is the key
 * @throws UsageError if a CSV lacks the key's column, or cannot be read on
 */
export async function* tableRows(source: LineSource, table: LookupTable, key: string): AsyncGenerator<FileRow> {
  const first = await source.lines.next();
  if (first.done) return;
  const lines = startingWith(first.value, source.lines);
  if (first.value.bytes[0] === BRACE) yield* jsonRows(lines, table, key);
  else yield* csvRows(lines, table, key);
}

async function* startingWith(first: Line, rest: AsyncGenerator<Line>): AsyncGenerator<Line> {
  yield first;
  yield* rest;
}

async function* jsonRows(lines: AsyncGenerator<Line>, table: LookupTable, key: string): AsyncGenerator<FileRow> {
  for await (const { bytes, number: line, problem } of lines) {
    if (problem !== undefined) yield { line, problem };
    else if (bytes.length > 0) yield { line, ...jsonRow(bytes, table, key) };
  }
}

function jsonRow(bytes: Buffer, table: LookupTable, key: string): TableRow | { readonly problem: string } {
  try {
    return resolveTableRow(JSON.parse(bytes.toString("utf8")), table, key);
  } catch {
    return { problem: "not valid JSON" };
  }
}

async function* csvRows(lines: AsyncGenerator<Line>, table: LookupTable, key: string): AsyncGenerator<FileRow> {
  const text = (async function* (): AsyncGenerator<string> {
    for await (const { bytes } of lines) yield `${bytes.toString("utf8")}\n`;
  })();
  const records = Readable.from(text, { objectMode: false }).pipe(
    parse({ columns: true, info: true, skip_empty_lines: true, relax_column_count: true }),
  );
  let checked = false;
  try {
    for await (const { info, record } of records as AsyncIterable<{ info: { lines: number }; record: Record<string, string> }>) {
      if (!checked && !Object.hasOwn(record, key)) {
        throw new UsageError(
          `The file has no column "${key}" (it has: ${Object.keys(record).join(", ")}): name the key's column with --key.`,
        );
      }
      checked = true;
      yield { line: info.lines, ...resolveTableRow(record, table, key, "text") };
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The file cannot be read as CSV: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}
