import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { superviseChild, whenSpawned } from "../child-process.ts";
import type { RunningServer } from "../running-server.ts";
import type { ServerProcessMessage, ServerProcessOptions } from "./server-messages.ts";

const stopDeadlineMs = 30_000;
/** Every running statement holds one thread of Node's pool; spooling and compression need some as well. */
const threadPoolSize = 128;

/** Options of {@link startClickHouse}. */
export interface StartClickHouseOptions {
  /** Folder for the data, the spool and the log; created if missing. One process at a time may open it. */
  readonly dataDir: string;
  /** TCP port; 0 or absent takes a free one. */
  readonly port?: number;
  /** Address to bind; default 127.0.0.1. */
  readonly host?: string;
  /** Password of user `default`; absent means none. */
  readonly password?: string;
  /** Settings that hold unless a request says otherwise, by ClickHouse's names, e.g. `{ max_threads: "1" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Adds a user `readonly` with this password, who may only read, for dashboards. */
  readonly readonlyPassword?: string;
}

/**
 * Starts ClickHouse (chDB) behind its HTTP interface in a process of its own and resolves when it answers.
 *
 * @throws Error with one sentence: the port is taken, the folder is open in another process, the engine does not start
 */
export async function startClickHouse(options: StartClickHouseOptions): Promise<RunningServer> {
  const dataDir = resolve(options.dataDir);
  const host = options.host ?? "127.0.0.1";
  await mkdir(dataDir, { recursive: true });
  const logFile = join(dataDir, "server.log");
  const log = openSync(logFile, "a");
  const child = fork(serverProgram(), {
    stdio: ["ignore", log, log, "ipc"],
    execArgv: [],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threadPoolSize) },
    detached: true,
  });
  const logStart = fstatSync(log).size;
  closeSync(log);
  const pid = await whenSpawned(child);
  const supervised = superviseChild(child, stopDeadlineMs);
  const answer = whenListening(child, logFile);
  child.send({ ...options, dataDir, host, port: options.port ?? 0 } satisfies ServerProcessOptions);
  try {
    const port = await answer;
    child.disconnect();
    return { url: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`, port, pid, ...supervised };
  } catch (error) {
    await supervised.stop();
    throw await withReason(error, dataDir, logFile, logStart);
  }
}

/** The engine tells why it could not open a folder to its log only. */
async function withReason(error: unknown, dataDir: string, logFile: string, logStart: number): Promise<unknown> {
  const log = (await readFile(logFile)).subarray(logStart).toString("utf8");
  if (log.includes("Cannot lock file"))
    return new Error(`ClickHouse is already running on ${dataDir}: stop that process first or choose another folder.`);
  const reason = /Code: \d+\. DB::Exception: .*/.exec(log)?.[0];
  return reason !== undefined && error instanceof Error ? new Error(`${error.message} ${reason}`, { cause: error }) : error;
}

function whenListening(child: ChildProcess, logFile: string): Promise<number> {
  return new Promise((resolvePort, reject) => {
    child.once("message", (message: ServerProcessMessage) => {
      if (message.kind === "listening") resolvePort(message.port);
      else reject(new Error(message.message));
    });
    child.once("exit", (code, signal) =>
      reject(new Error(`ClickHouse ended while starting (${signal ?? `exit code ${code}`}); its log is ${logFile}.`)),
    );
  });
}

/** Always the compiled one: Node 20 does not run TypeScript. */
function serverProgram(): string {
  const packageFolder = dirname(createRequire(import.meta.url).resolve("hydrograph/package.json"));
  return join(packageFolder, "dist/embedded/clickhouse/server-process.js");
}
