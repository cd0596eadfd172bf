import { describe, expect, it } from "vitest";
import { progressLine, startProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

describe("progressLine", () => {
  it("shows bar, counts, rate and what is left", () => {
    expect(progressLine({ what: "Ingesting", unit: "event", total: 1_000 }, 250, 5)).toBe(
      "Ingesting  ██████░░░░░░░░░░░░░░░░░░  25 %  250 of 1,000 events  50/s  15 s left",
    );
  });

  it("shows no bar where the end is unknown", () => {
    expect(progressLine({ what: "Publishing", unit: "event" }, 250, 5, "10 % of the file")).toBe(
      "Publishing  250 events  50/s  10 % of the file",
    );
  });
});

describe("startProgress", () => {
  it("writes no line for work that is quickly done and not watched", () => {
    const lines: string[] = [];
    const terminal = { interactive: false, note: (line: string) => lines.push(line) } as unknown as Terminal;
    const progress = startProgress(terminal, { what: "Publishing", unit: "event" });
    progress.update(1);
    progress.finish();
    expect(lines).toEqual([]);
  });
});
