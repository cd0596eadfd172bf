import type { Terminal } from "../../output/terminal.ts";

const STEPS = { spine: "Reading the spine …", features: "Computing the features …", file: "Writing the file …" } as const;

/** Shows on a terminal which step of a build is under way. */
export function showStep(terminal: Terminal): (step: keyof typeof STEPS) => void {
  return (step) => {
    if (terminal.interactive) terminal.redraw(STEPS[step]);
  };
}
