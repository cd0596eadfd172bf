import { CommanderError } from "commander";
import { readEnvironment } from "./config/environment.ts";
import { describeFailure } from "./errors.ts";
import type { GlobalFlags } from "./invocation.ts";
import type { Terminal } from "./output/terminal.ts";
import { buildProgram } from "./program.ts";

/** What became of a command line. */
export interface Outcome {
  /** Of the failure; empty if there was none. */
  readonly sentence: string;
  readonly exitCode: number;
  readonly answer: string;
}

/** Runs a command line in this process, as the program does: a process of its own takes a second of CPU time. */
export async function runHere(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  let answer = "";
  const terminal: Terminal = {
    write: async (chunk) => void (answer += chunk.toString()),
    writeAll: () => Promise.resolve(),
    note: () => {},
    redraw: () => {},
    paint: (_style, words) => words,
    interactive: false,
    answersShown: false,
    width: 100,
  };
  let exitCode = 0;
  const program = await buildProgram(argv, (command) => async (...words) => {
    const invocation = {
      flags: program.opts<GlobalFlags>(),
      terminal,
      signal: new AbortController().signal,
      environment: readEnvironment(environment),
    };
    exitCode = await command(invocation, ...words);
  });
  try {
    await program.configureOutput({ writeErr: () => {} }).parseAsync(argv, { from: "user" });
    return { sentence: "", exitCode, answer };
  } catch (error) {
    if (error instanceof CommanderError) return { sentence: error.message, exitCode: 2, answer };
    return { ...describeFailure(error, false), answer };
  }
}
