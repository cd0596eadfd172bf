import type { EngineSession } from "./engine.ts";
import { quote } from "./engine.ts";
import type { Summary } from "./query-response.ts";
import type { EndpointRequest } from "./request.ts";
import type { RequestSql } from "./request-sql.ts";
import type { Statement } from "./statement.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Runs an INSERT whose data is in the request. The data goes to a file first and from there into the table by `INSERT … FROM INFILE`:
 * a request that breaks off inserts nothing, its size is not the memory's business, and chDB takes binary formats from files only.
 */
export async function insertData(
  shop: Workshop,
  session: EngineSession,
  request: EndpointRequest,
  statement: Statement & { kind: "insert-data" },
  sql: RequestSql,
): Promise<Summary> {
  const file = await shop.spool.write(dataOf(sql, statement.dataAt));
  try {
    const insert = insertFrom(file.path, statement, sql);
    const { rows, bytes } = await shop.running.track(request.queryId, file.path, () => session.run(insert));
    return { readRows: rows, readBytes: bytes, writtenRows: rows, writtenBytes: bytes, resultRows: rows, resultBytes: bytes };
  } finally {
    await file.remove();
  }
}

function insertFrom(path: string, statement: Statement & { kind: "insert-data" }, sql: RequestSql): string {
  const part = (from: number, to: number): string => sql.text.toString("utf8", from, to);
  const { input, infileAt, headEnd, format } = statement;
  if (input) {
    const compression = sql.compression === undefined ? "" : `, ${quote(sql.compression)}`;
    return `${part(0, input.start)}file(${quote(path)}, ${quote(format)}, ${input.structure}${compression})${part(input.end, headEnd)}`;
  }
  const compression = sql.compression === undefined ? "" : ` COMPRESSION ${quote(sql.compression)}`;
  return `${part(0, infileAt)}\nFROM INFILE ${quote(path)}${compression}\n${part(infileAt, headEnd)} FORMAT ${format}`;
}

async function* dataOf(sql: RequestSql, from: number): AsyncGenerator<Uint8Array> {
  if (from < sql.text.length) yield sql.text.subarray(from);
  yield* sql.rest;
}
