import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The compiled command: what a user's shell runs. */
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a process ended, and all it said. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a process runs. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input. */
  readonly input?: string | Buffer;
  /** File descriptor for its standard output, instead of a pipe. */
  readonly stdout?: number;
}

/** A process under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly finished: Promise<Finished>;
  /** Resolves when what it said (either way) matches; fails if it ends before. */
  said(pattern: RegExp): Promise<void>;
  /** All it said until now. */
  transcript(): string;
}

/** Starts `hydrograph …`. */
export function startHydrograph(args: readonly string[], options: RunOptions): Running {
  return startNode([MAIN, ...args], options);
}

/** Starts `node …`. No variable HYDROGRAPH_… of the developer's own shell reaches it, and no port is taken for metrics unless asked for. */
export function startNode(args: readonly string[], options: RunOptions): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("HYDROGRAPH_"));
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), HYDROGRAPH_METRICS_PORT: "0", NO_COLOR: "1", ...options.env },
    stdio: ["pipe", options.stdout ?? "pipe", "pipe"],
  });
  child.stdin?.on("error", () => undefined).end(options.input ?? "");
  const said = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
  const finished = new Promise<Finished>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...said }));
  });
  return {
    child,
    pid: child.pid ?? 0,
    finished,
    transcript: () => said.stdout + said.stderr,
    said: (pattern) => whenSaid(child, pattern, () => said.stdout + said.stderr, finished),
  };
}

function whenSaid(child: ChildProcess, pattern: RegExp, text: () => string, finished: Promise<Finished>): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(text())) resolve();
    };
    look();
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    void finished.then(({ code }) => reject(new Error(`It ended (exit code ${code}) without saying ${pattern}:\n${text()}`)));
  });
}
