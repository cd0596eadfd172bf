import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { EngineError } from "./engine-error.ts";
import { header } from "./request.ts";
import { readStatement } from "./statement.ts";
import type { Statement } from "./statement.ts";

/** The SQL of a request, and the data that follows an INSERT. */
export interface RequestSql {
  readonly statement: Statement;
  /** The statement's text; offsets in `statement` are bytes of it. */
  readonly text: Buffer;
  /** The bytes after `text`: data of an INSERT, empty for everything else. */
  readonly rest: AsyncIterable<Buffer>;
  /** How `rest` is compressed, in the words of FROM INFILE … COMPRESSION; the engine decompresses it. */
  readonly compression: string | undefined;
}

/** An INSERT shows where its data starts within this many bytes: ClickHouse's own limit for a statement (max_query_size). */
const headBytes = 256 * 1024;
/** Other statements are held in memory and may be this long. */
const statementBytes = 16 * 1024 * 1024;

const infileCompression: Readonly<Record<string, string>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "br",
  zstd: "zstd",
  lz4: "lz4",
  xz: "xz",
  bz2: "bz2",
};

/** Reads as much of a request as it takes to know the statement. The `query` parameter comes first, then the body, as in a ClickHouse server. */
export async function readRequestSql(message: IncomingMessage, query: string | undefined): Promise<RequestSql> {
  const prefix = query === undefined ? Buffer.alloc(0) : Buffer.from(`${query}\n`, "utf8");
  const encoding = header(message, "content-encoding")?.toLowerCase();
  const early = query === undefined ? undefined : readStatement(prefix.toString("latin1"));
  if (early?.kind === "insert-data" && early.dataAt >= prefix.length - 1 && encoding !== undefined) {
    const compression = infileCompression[encoding];
    if (compression === undefined) throw unknownEncoding(encoding);
    return { statement: early, text: prefix, rest: message, compression };
  }
  return readHead(prefix, decoded(message, encoding));
}

/** The SQL of a request whose text is known. */
export function sqlOfText(sql: string): RequestSql {
  const text = Buffer.from(sql, "utf8");
  return { statement: readStatement(text.toString("latin1")), text, rest: noData(), compression: undefined };
}

// oxlint-disable-next-line require-yield -- a body without bytes is a generator that never yields
async function* noData(): AsyncGenerator<Buffer> {
  return;
}

async function readHead(prefix: Buffer, body: Readable): Promise<RequestSql> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const parts = [prefix];
  let length = prefix.length;
  for (let limit = headBytes; ; limit = statementBytes) {
    let ended = false;
    while (length < limit && !ended) {
      const next = await chunks.next();
      if (next.done) ended = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
    const text = Buffer.concat(parts);
    const statement = readStatement(text.toString("latin1"));
    if (ended || statement.kind === "insert-data" || statement.kind === "refused")
      return { statement, text, rest: { [Symbol.asyncIterator]: () => chunks }, compression: undefined };
    if (limit === statementBytes)
      throw new EngineError(62, "SYNTAX_ERROR", `Syntax error: the statement is longer than ${statementBytes} bytes`);
  }
}

function decoded(message: IncomingMessage, encoding: string | undefined): Readable {
  if (encoding === undefined || encoding === "identity") return message;
  const decompressor =
    encoding === "gzip" || encoding === "x-gzip"
      ? createGunzip()
      : encoding === "deflate"
        ? createInflate()
        : encoding === "br"
          ? createBrotliDecompress()
          : undefined;
  if (!decompressor) throw unknownEncoding(encoding);
  message.on("error", (error) => decompressor.destroy(error));
  return message.pipe(decompressor);
}

function unknownEncoding(encoding: string): EngineError {
  return new EngineError(
    48,
    "NOT_IMPLEMENTED",
    `Unknown Content-Encoding '${encoding}' of the request: gzip, deflate and br are known, and for the data of an INSERT also zstd, lz4 and xz`,
  );
}
