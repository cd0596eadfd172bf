import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A connection of the engine, opaque to Node. */
export type NativeConnection = object;

/** The part of chDB's native addon that the endpoint uses. The promises reject with the engine's message. */
export interface NativeChdb {
  CreateConnection(path: string, args: readonly string[]): NativeConnection;
  /** Must not be called while the connection runs a statement. */
  CloseConnection(connection: NativeConnection): void;
  QueryAsyncConnection(
    connection: NativeConnection,
    sql: string,
    format: string,
  ): Promise<{ bytes: Uint8Array; elapsed: number; rowsRead: number; bytesRead: number }>;
  /** Runs `sql` followed by `data` and counts what was written, materialized views included. */
  InsertRawAsyncConnection(
    connection: NativeConnection,
    sql: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<{ elapsed: number; rowsWritten: number; bytesWritten: number }>;
}

/**
 * Loads chDB's native addon, below the package's public API, for two reasons. `Session.close()` waits until no session at all runs anything:
 * during one long query 4,000 small ones left 4,000 open connections and 1.7 GB behind (chdb 3.4.0); here 0. And `Session` does not tell how
 * many rows an `INSERT … SELECT` wrote.
 *
 * @throws Error if the installed chdb is built differently or has no binary for this machine
 */
export function loadNativeChdb(): NativeChdb {
  const require = createRequire(import.meta.url);
  const loader = require(join(dirname(require.resolve("chdb")), "dist", "loader.js")) as { loadNative?: () => NativeChdb };
  const native = loader.loadNative?.();
  if (
    typeof native?.QueryAsyncConnection !== "function" ||
    typeof native.InsertRawAsyncConnection !== "function" ||
    typeof native.CloseConnection !== "function"
  )
    throw new Error(
      "The installed chdb package is not built as version 3.4 is: install the version that package-lock.json names (npm ci).",
    );
  return native;
}
