import type { OnStep } from "../../../queries/index.ts";
import { plural, showNumber } from "../../output/numbers.ts";
import type { Terminal } from "../../output/terminal.ts";

const STEPS = { spine: "Reading the spine", features: "Computing the features", file: "Writing the file" } as const;

/** Shows on a terminal which step of a build is under way, and of how many rows. */
export function showStep(terminal: Terminal): OnStep {
  return (step, rows, done) => {
    const of = rows === undefined ? "" : ` of ${plural(rows, "row")}${done === undefined ? "" : `, ${showNumber(done)} done`}`;
    if (terminal.interactive) terminal.redraw(`${STEPS[step]}${of} …`);
  };
}
