import { Readable } from "node:stream";
import { createClient, type ClickHouseClient, type ClickHouseSettings } from "@clickhouse/client";
import { toFailure } from "./errors.ts";

/** Where ClickHouse is. */
export interface ClickHouseOptions {
  /** e.g. "http://127.0.0.1:8123". */
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
  /** A request without an answer for this long fails, in milliseconds, unless its statement may take long. Default 5 minutes. */
  readonly timeoutMs?: number;
  /** Whether every statement may take long, see {@link Statement}; for who can give up by hand. Default false. */
  readonly mayTakeLong?: boolean;
}

/** A statement with its bound values. */
export interface Statement {
  /** What it is for, in a few words: begins error sentences and goes to the server's query log. */
  readonly name: string;
  /** One SQL statement; values appear as `{x:Type}`. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly settings?: ClickHouseSettings;
  /** Set for work whose length only the data knows, such as a training set: it is waited for as long as the server lives and holds the connection, however long it says nothing. */
  readonly mayTakeLong?: boolean;
  /** Aborting it kills the query. */
  readonly signal?: AbortSignal;
  readonly queryId?: string;
}

/** An insert of finished bytes: one request, one token; a body of bytes is one block. */
export interface BinaryInsert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: string;
  /** The bytes, or a stream of them where they may not fit in memory. */
  readonly body: Uint8Array | Readable;
  /** The same bytes sent again under the same token are not added again. */
  readonly token: string;
  /** How the format is read. */
  readonly settings?: ClickHouseSettings;
  readonly signal?: AbortSignal;
}

/** A ClickHouse database; every method fails with a ClickHouseFailure. */
export interface ClickHouse {
  readonly database: string;
  /** The same server and user on another database, with a connection pool of its own: close it too. */
  inDatabase(database: string): ClickHouse;
  /** Runs a SELECT and returns its rows as objects. 64-bit integers come as strings (JavaScript numbers would lose digits). */
  rows<Row>(statement: Statement): Promise<Row[]>;
  /** Runs a SELECT and hands on the bytes of `format` as the server sends them. */
  bytes(statement: Statement & { readonly format: string }): Promise<Readable>;
  /** Runs a statement without an answer: DDL, INSERT … SELECT. */
  command(statement: Statement): Promise<void>;
  /** Adds rows atomically, once per token. */
  insert(insert: BinaryInsert): Promise<void>;
  /** Fails unless the server answers a query. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Sent with every insert, because defaults differ between versions of ClickHouse (26.2 turned deduplication on for all inserts, and 26.7 makes inserts asynchronous):
 * one synchronous block, deduplicated by token in the table and behind its views. JSON in RowBinary is paths with types and values. Elsewhere text that looks like a date stays text: inferred dates would change with the server's time zone.
 */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  materialized_views_ignore_errors: 0,
  input_format_binary_read_json_as_string: 0,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
};

/** Milliseconds. Longer than any work takes, and below the 2^31 that a timer holds: a host that is gone is noticed by the keep-alive of TCP, which the client turns on. */
const NO_TIMEOUT = 14 * 86_400_000;

/** Opens a connection pool; nothing is sent before the first statement. */
export function connectClickHouse(options: ClickHouseOptions): ClickHouse {
  const client = openClient(options, options.timeoutMs ?? 300_000);
  // The client knows one timeout for all its requests.
  let patient: ClickHouseClient | undefined;
  const clientOf = ({ mayTakeLong = options.mayTakeLong ?? false }: Statement): ClickHouseClient =>
    mayTakeLong ? (patient ??= openClient(options, NO_TIMEOUT)) : client;
  return {
    database: options.database,
    inDatabase: (database) => connectClickHouse({ ...options, database }),
    rows: (statement) => readRows(clientOf(statement), statement),
    bytes: (statement) => readBytes(clientOf(statement), statement),
    command: (statement) => runCommand(clientOf(statement), statement),
    insert: (insert) => insertBytes(client, insert),
    ping: () => runCommand(client, { name: "Ping", sql: "SELECT 1 FORMAT Null" }),
    close: async () => {
      await Promise.all([client.close(), patient?.close()]);
    },
  };
}

function openClient({ database, password = "", url, username = "default" }: ClickHouseOptions, timeoutMs: number): ClickHouseClient {
  return createClient({
    url,
    database,
    username,
    password,
    request_timeout: timeoutMs,
    application: "hydrograph",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    log: { level: 127 },
  });
}

async function readRows<Row>(client: ClickHouseClient, statement: Statement): Promise<Row[]> {
  try {
    const result = await client.query({ query: statement.sql, format: "JSONEachRow", ...request(statement) });
    return await result.json<Row>();
  } catch (error) {
    throw toFailure(error, statement.name);
  }
}

async function readBytes(client: ClickHouseClient, statement: Statement & { readonly format: string }): Promise<Readable> {
  try {
    const result = await client.exec({ query: `${statement.sql}\nFORMAT ${statement.format}`, ...request(statement) });
    return result.stream;
  } catch (error) {
    throw toFailure(error, statement.name);
  }
}

async function runCommand(client: ClickHouseClient, statement: Statement): Promise<void> {
  try {
    await client.command({ query: statement.sql, ...request(statement) });
  } catch (error) {
    throw toFailure(error, statement.name);
  }
}

async function insertBytes(client: ClickHouseClient, insert: BinaryInsert): Promise<void> {
  try {
    insert.signal?.throwIfAborted();
    const result = await client.exec({
      query: `INSERT INTO ${insert.table} (${insert.columns.join(", ")}) FORMAT ${insert.format}`,
      ...bodyOf(insert.body),
      clickhouse_settings: { ...INSERT_SETTINGS, ...insert.settings, insert_deduplication_token: insert.token },
      ...(insert.signal ? { abort_signal: insert.signal } : {}),
    });
    for await (const _chunk of result.stream) {
      // An insert answers nothing; the end of the body is the server's word that it is in.
    }
  } catch (error) {
    throw toFailure(error, `Insert into ${insert.table}`);
  }
}

/** A body of known length is announced as such: whoever reads it can tell a connection that broke from the end. */
function bodyOf(body: Uint8Array | Readable): { values: Readable; http_headers?: Record<string, string> } {
  if (body instanceof Readable) return { values: body };
  return { values: Readable.from([body], { objectMode: false }), http_headers: { "content-length": String(body.length) } };
}

function request(statement: Statement): {
  query_params?: Record<string, unknown>;
  clickhouse_settings: ClickHouseSettings;
  abort_signal?: AbortSignal;
  query_id?: string;
} {
  // The client only listens for an abort that is still to come.
  statement.signal?.throwIfAborted();
  return {
    clickhouse_settings: { log_comment: `hydrograph: ${statement.name}`, ...statement.settings },
    ...(statement.params ? { query_params: statement.params } : {}),
    ...(statement.signal ? { abort_signal: statement.signal } : {}),
    ...(statement.queryId ? { query_id: statement.queryId } : {}),
  };
}
