import { plural, showNumber, showSeconds } from "./numbers.ts";
import type { Terminal } from "./terminal.ts";

/** Shows how far a long work is: a bar that redraws itself on a terminal, else a line every ten seconds. */
export interface Progress {
  /** `done` of the total so far. */
  update(done: number, detail?: string): void;
  /** Ends the display; what stays is the caller's to say. */
  finish(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const BAR = 24;

/**
 * Starts a display.
 * @param total how much there is to do, if it is known
 */
export function startProgress(
  terminal: Terminal,
  work: { readonly what: string; readonly unit: string; readonly total?: number },
): Progress {
  const started = performance.now();
  const pace = terminal.interactive ? REDRAW_MS : LINE_MS;
  let shown = started;
  return {
    update: (done, detail) => {
      const now = performance.now();
      if (now - shown < pace) return;
      shown = now;
      const line = progressLine(work, done, (now - started) / 1_000, detail);
      if (terminal.interactive) terminal.redraw(line);
      else terminal.note(line);
    },
    finish: () => {
      if (terminal.interactive) terminal.redraw("");
    },
  };
}

/** One line of progress; pure, for tests. */
export function progressLine(
  work: { readonly what: string; readonly unit: string; readonly total?: number },
  done: number,
  seconds: number,
  detail = "",
): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = `${showNumber(Math.round(rate))}/s`;
  const extra = detail === "" ? "" : `  ${detail}`;
  if (work.total === undefined || work.total === 0) return `${work.what}  ${plural(done, work.unit)}  ${speed}${extra}`;
  const share = Math.min(1, done / work.total);
  const filled = Math.round(share * BAR);
  const left = rate > 0 && share < 1 ? `  ${showSeconds((work.total - done) / rate)} left` : "";
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
  return `${work.what}  ${bar}  ${Math.floor(share * 100)} %  ${showNumber(done)} of ${plural(work.total, work.unit)}  ${speed}${left}${extra}`;
}
