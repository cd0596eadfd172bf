import { spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { superviseChild, whenSpawned } from "../child-process.ts";
import type { RunningServer } from "../running-server.ts";
import { findOrFetchNatsServer } from "./find-nats-server.ts";
import type { NatsServerProgram } from "./find-nats-server.ts";
import { waitForJetStream } from "./wait-for-jetstream.ts";

const host = "127.0.0.1";
const startDeadlineMs = 30_000;
const stopDeadlineMs = 10_000;

/** Options of {@link startNats}. */
export interface StartNatsOptions {
  /** Folder for streams, configuration and log; created if missing. One server at a time may use it. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; 0 or absent takes a free one. */
  readonly port?: number;
  /** The program to run; default: found on PATH or fetched. */
  readonly program?: NatsServerProgram;
}

/**
 * Starts a NATS server with JetStream on disk and resolves when its JetStream API answers.
 *
 * It listens on 127.0.0.1 only, keeps its streams over restarts and kill -9, and ends with this process in every case.
 *
 * @throws Error with one sentence: the port is taken, the folder is in use, nats-server cannot be had or does not start
 */
export async function startNats(options: StartNatsOptions): Promise<RunningServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  await refuseSecondServer(dataDir);
  const program = options.program ?? (await findOrFetchNatsServer());
  const config = join(dataDir, "nats-server.conf");
  await writeFile(config, configuration(dataDir, options.port ?? 0, program));
  await rm(join(dataDir, "nats-server.log"), { force: true });
  const child = spawn(program.command, ["--config", config], { stdio: "ignore", detached: true });
  const pid = await whenSpawned(child);
  const supervised = superviseChild(child, stopDeadlineMs);
  try {
    const port = await whenReady(dataDir, pid, supervised.exited, options.port);
    return { url: `nats://${host}:${port}`, port, pid, ...supervised };
  } catch (error) {
    supervised.kill();
    throw error;
  }
}

/** Strings are quoted as JSON, which the configuration language of nats-server reads. */
function configuration(dataDir: string, port: number, program: NatsServerProgram): string {
  const [major, minor] = program.version;
  const knowsSyncInterval = major > 2 || minor >= 10;
  return `listen: ${JSON.stringify(`${host}:${port === 0 ? -1 : port}`)}
max_payload: 1048576
pid_file: ${JSON.stringify(join(dataDir, "nats-server.pid"))}
ports_file_dir: ${JSON.stringify(dataDir)}
log_file: ${JSON.stringify(join(dataDir, "nats-server.log"))}
jetstream {
  store_dir: ${JSON.stringify(dataDir)}
${knowsSyncInterval ? "  # A power cut loses at most this much; kill -9 loses nothing either way.\n  sync_interval: 10s\n" : ""}}
`;
}

async function whenReady(dataDir: string, pid: number, exited: Promise<void>, wanted: number | undefined): Promise<number> {
  const deadline = AbortSignal.timeout(startDeadlineMs);
  const gone = exited.then(async () => {
    throw await startFailure(dataDir, wanted);
  });
  const ready = (async () => {
    const port = await portFromFile(dataDir, pid, deadline);
    await waitForJetStream(host, port, deadline);
    return port;
  })();
  return Promise.race([ready, gone]);
}

/** nats-server writes the addresses it listens on to `<program>_<pid>.ports`: a free port without a race. */
async function portFromFile(dataDir: string, pid: number, signal: AbortSignal): Promise<number> {
  const file = join(dataDir, `nats-server_${pid}.ports`);
  while (!signal.aborted) {
    const text = await readFile(file, "utf8").catch(() => "");
    const port = /"nats":\s*\[\s*"nats:\/\/[^"]*:(\d+)"/.exec(text)?.[1];
    if (port !== undefined) {
      await rm(file, { force: true });
      return Number(port);
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`nats-server did not start within ${startDeadlineMs / 1000} seconds; its log is ${join(dataDir, "nats-server.log")}.`);
}

async function startFailure(dataDir: string, port: number | undefined): Promise<Error> {
  const logFile = join(dataDir, "nats-server.log");
  const log = await readFile(logFile, "utf8").catch(() => "");
  if (/address already in use/.test(log))
    return new Error(`Port ${port} on ${host} is already in use: stop the program that listens there or choose another port for NATS.`);
  const fatal = /\[FTL\] (.*)/.exec(log)?.[1];
  return new Error(fatal ? `nats-server could not start: ${fatal}` : `nats-server ended while starting; its log is ${logFile}.`);
}

/** nats-server does not lock its folder, and two servers on one folder destroy it: the pid file of the first tells. */
async function refuseSecondServer(dataDir: string): Promise<void> {
  const pid = Number(await readFile(join(dataDir, "nats-server.pid"), "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (commandLine.includes(join(dataDir, "nats-server.conf")))
    throw new Error(`A NATS server (process ${pid}) already uses ${dataDir}: stop it first or choose another folder.`);
}
