import { Session } from "chdb";
import { toEngineError } from "./engine-error.ts";

/** What the engine says of itself; part of the headers of every response. */
export interface EngineFacts {
  readonly version: string;
  readonly timezone: string;
  readonly displayName: string;
}

/** What a statement that returned no rows to Node did. */
export interface Outcome {
  /** Rows of the result, or rows written by an INSERT from a file. */
  readonly rows: number;
  readonly bytes: number;
  /** Seconds. */
  readonly elapsed: number;
  /** Output of statements without INTO OUTFILE, for example of KILL QUERY. */
  readonly output: Uint8Array;
}

/** A connection to the engine with settings, parameters, current database and temporary tables of its own. It runs one statement at a time. */
export interface EngineSession {
  run(sql: string, format?: string): Promise<Outcome>;
  close(): void;
}

/** ClickHouse within this process, bound to one data directory. */
export interface Engine {
  readonly facts: EngineFacts;
  openSession(): EngineSession;
  /** Cancels the running statements whose text contains `tag`; resolves when the engine has been told, not when they have ended. */
  killByTag(tag: string): Promise<void>;
  /** The engine's own query id of the running statement whose text contains `tag`. */
  queryIdByTag(tag: string): Promise<string | undefined>;
  close(): void;
}

/**
 * Opens ClickHouse on a folder. Opening a session takes 0.15 ms, so every request gets a fresh one, as in a ClickHouse server:
 * nothing of one request leaks into the next, and requests run in parallel.
 *
 * @throws Error with one sentence if another process has the folder open
 */
export async function openEngine(path: string): Promise<Engine> {
  const keeper = open(path);
  const [version = "", timezone = "", displayName = ""] = (
    await keeper.run("SELECT version(), timezone(), displayName()", "TabSeparated").then(text)
  )
    .trim()
    .split("\t");
  const withSession = async (sql: string): Promise<string> => {
    const session = open(path);
    try {
      return text(await session.run(sql, "TabSeparated"));
    } finally {
      session.close();
    }
  };
  const running = (tag: string): string => `position(query, ${quote(tag)}) > 0 AND position(query, 'system.processes') = 0`;
  return {
    facts: { version, timezone, displayName },
    openSession: () => open(path),
    queryIdByTag: async (tag) =>
      (await withSession(`SELECT query_id FROM system.processes WHERE ${running(tag)}`)).split("\n")[0] || undefined,
    killByTag: async (tag) => {
      const ids = (await withSession(`SELECT query_id FROM system.processes WHERE ${running(tag)}`)).split("\n").filter(Boolean);
      if (ids.length > 0) await withSession(`KILL QUERY WHERE query_id IN (${ids.map(quote).join()}) ASYNC`);
    },
    close: () => keeper.close(),
  };
}

function open(path: string): EngineSession {
  let session: Session;
  try {
    // implicit_select makes `1 + 1` a query, which a server refuses.
    session = new Session(path, { connectionArgs: ["--implicit_select=0"] });
  } catch (error) {
    throw new Error(lockSentence(path, error), { cause: error });
  }
  return {
    run: async (sql, format = "TabSeparated") => {
      try {
        const result = await session.queryAsync(sql, { format });
        return { rows: result.rowsRead, bytes: result.bytesRead, elapsed: result.elapsed, output: result.bytes() };
      } catch (error) {
        throw toEngineError(error);
      }
    },
    close: () => session.close(),
  };
}

function lockSentence(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return /Code: 76|lock|Another server instance/i.test(reason)
    ? `ClickHouse data in ${path} is already open in another process: stop that one first or choose another folder.`
    : `ClickHouse could not open ${path}: ${reason}`;
}

/** A SQL string literal. */
export function quote(value: string): string {
  return `'${value.replace(/[\\']/g, String.raw`\$&`).replaceAll("\0", String.raw`\0`)}'`;
}

function text(outcome: Outcome): string {
  return Buffer.from(outcome.output).toString("utf8");
}
