#!/usr/bin/env node
import { CommanderError } from "commander";
import { readEnvironment } from "./config/environment.ts";
import { describeFailure } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import type { GlobalFlags, Invocation } from "./invocation.ts";
import { processTerminal, type Terminal } from "./output/terminal.ts";
import { buildProgram } from "./program.ts";

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

async function main(): Promise<number> {
  const terminal = processTerminal({ color: wantsColor() });
  const signal = stopOnSignals(terminal);
  let exitCode: number = EXIT.ok;
  const program = await buildProgram(process.argv.slice(2), (run) => async (...args) => {
    exitCode = await run(invocationOf(program.opts<GlobalFlags>(), terminal, signal), ...args);
  });
  try {
    await program.parseAsync(process.argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = describeFailure(error, program.opts<GlobalFlags>().verbose === true);
    for (const line of failure.sentence.split("\n")) terminal.note(line === "" ? "" : `hydrograph: ${line}`);
    return failure.exitCode;
  }
}

function invocationOf(flags: GlobalFlags, terminal: Terminal, signal: AbortSignal): Invocation {
  return { flags, terminal, signal, environment: readEnvironment(process.env) };
}

process.exitCode = await main();
// Nothing is left to do. A library may still hold a connection open: the NATS client does when one was attempted that took too long, and the process would linger for minutes.
setTimeout(() => process.exit(), 1_000).unref();
