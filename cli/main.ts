#!/usr/bin/env node
import { readEnvironment } from "./config/environment.ts";
import { processTerminal, type Terminal } from "./output/terminal.ts";
import { runCommandLine } from "./run-command-line.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** One controller for both signals: the first asks the command to stop where nothing breaks, the second does not ask. */
function stopOnSignals(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  for (const [name, exitCode] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCode);
      if (terminal.interactive) terminal.note("Stopping; once more to stop at once.");
      controller.abort();
    });
  }
  return controller.signal;
}

/** Whether colours are wanted: on a terminal, unless NO_COLOR is set (https://no-color.org). */
function wantsColor(): boolean {
  return process.stdout.isTTY && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

const terminal = processTerminal({ color: wantsColor() });
const surroundings = { terminal, signal: stopOnSignals(terminal), environment: readEnvironment(process.env) };
process.exitCode = await runCommandLine(process.argv.slice(2), surroundings);
// Nothing is left to do. A library may still hold a connection open: the NATS client does when one was attempted that took too long, and the process would linger for minutes.
setTimeout(() => process.exit(), 1_000).unref();
