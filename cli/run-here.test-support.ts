// Its service starts in the folder in which the module was loaded, and a folder of a test goes away.
import "esbuild";
import { readEnvironment } from "./config/environment.ts";
import type { Terminal } from "./output/terminal.ts";
import { runCommandLine } from "./run-command-line.ts";

/** How a command line ended, and all it said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command line runs, and with which variables HYDROGRAPH_…. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Commands under way in this process, which has one working directory. */
const underWay = { count: 0, cwd: "" };
const home = process.cwd();

/** Runs a command line in this process, as the program does: a process of its own takes a second of CPU time. */
export async function runHere(words: readonly string[], { cwd = home, env = {} }: Place = {}): Promise<Outcome> {
  if (underWay.count > 0 && underWay.cwd !== cwd) throw new Error("Commands in two folders cannot run here at once: start processes.");
  underWay.count += 1;
  underWay.cwd = cwd;
  process.chdir(cwd);
  const said = { stdout: "", stderr: "" };
  try {
    const environment = readEnvironment({ HYDROGRAPH_METRICS_PORT: "0", ...env });
    const code = await runCommandLine(words, { terminal: recorder(said), signal: new AbortController().signal, environment });
    return { code, ...said };
  } finally {
    underWay.count -= 1;
    if (underWay.count === 0) process.chdir(home);
  }
}

/** A terminal that nobody watches. */
function recorder(said: { stdout: string; stderr: string }): Terminal {
  const decoder = new TextDecoder();
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    said.stdout += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  };
  return {
    write,
    writeAll: async (stream) => {
      for await (const chunk of stream) await write(chunk as Uint8Array);
    },
    note: (line) => {
      said.stderr += `${line}\n`;
    },
    redraw: () => {},
    paint: (_style, text) => text,
    interactive: false,
    answersShown: false,
    width: 100,
  };
}
