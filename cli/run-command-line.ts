import { CommanderError } from "commander";
import { describeFailure } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import type { GlobalFlags, Invocation } from "./invocation.ts";
import { buildProgram } from "./program.ts";

/** What a command line gets beside its words. */
export type Surroundings = Omit<Invocation, "flags">;

/**
 * Runs a command line. What goes wrong is told on the terminal, a sentence a line.
 * @param words those after the program's name
 * @returns the exit code, see {@link EXIT}
 */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings;
  let exitCode: number = EXIT.ok;
  const program = await buildProgram(words, terminal, (run) => async (...args) => {
    exitCode = await run({ ...surroundings, flags: program.opts<GlobalFlags>() }, ...args);
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = describeFailure(error, program.opts<GlobalFlags>().verbose === true);
    for (const line of failure.sentence.split("\n")) terminal.note(line === "" ? "" : `hydrograph: ${line}`);
    return failure.exitCode;
  }
}
