import type { Invocation } from "../invocation.ts";

/** After this many broken lines the rest is counted without a line each: a file of another kind would fill the screen. */
const SHOWN_BROKEN_LINES = 20;

/** Reports lines of a file that cannot be used, as they come. */
export class BrokenLines {
  count = 0;
  readonly #invocation: Invocation;
  readonly #file: string;
  readonly #strict: boolean;

  constructor(invocation: Invocation, file: string, strict: boolean) {
    this.#invocation = invocation;
    this.#file = file === "-" ? "standard input" : file;
    this.#strict = strict;
  }

  /** Notes a broken line. @returns whether to go on */
  add(line: number, problem: string): boolean {
    this.count += 1;
    const { terminal } = this.#invocation;
    if (this.count <= SHOWN_BROKEN_LINES)
      terminal.note(
        `hydrograph: ${this.#file}: line ${line}: ${problem}${this.#strict ? "; stopped here (--strict), the lines after it were not read" : "; left out"}.`,
      );
    if (this.count === SHOWN_BROKEN_LINES + 1) terminal.note("hydrograph: … more broken lines are counted, not listed.");
    return !this.#strict;
  }
}
