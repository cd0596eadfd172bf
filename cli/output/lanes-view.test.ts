import { describe, expect, it } from "vitest";
import type { LaneStatus } from "../../ingest/index.ts";
import { lanesView } from "./lanes-view.ts";

const lane: LaneStatus = {
  stream: "SHOP",
  state: "running",
  reason: undefined,
  owner: "host:1/ab",
  beatSeconds: 2,
  lastSeq: 1_500,
  committed: 1_000,
  checkpointed: 900,
  lagMessages: 500,
  lagSeconds: 12,
  rate: 1_234.56,
};
const unknown = { lastSeq: undefined, committed: undefined, lagMessages: undefined, lagSeconds: undefined, rate: undefined };

/** The cells of the one lane. */
function cells(changes: Partial<LaneStatus>): string[] {
  return (lanesView([{ ...lane, ...changes }]).split("\n")[2] ?? "").split(/ {2,}/);
}

describe("lanesView", () => {
  it("shows what a lane does, how far it is behind, how fast it goes and who reads it, with the age of the last sign of life", () => {
    expect(cells({})).toStrictEqual(["SHOP", "running", "1,500", "1,000", "500", "12 s", "1,235", "host:1/ab (heard of 2.0 s ago)"]);
    expect(cells({ rate: 0.25 })[6]).toBe("0.3");
  });

  it("does not pass a dead owner off as a reader", () => {
    expect(cells({ state: "stale", beatSeconds: 7_500 }).at(-1)).toBe("host:1/ab (last heard of 2 h 5 m ago)");
  });

  it("shows unknown as unknown, and nothing waiting as none", () => {
    expect(cells({ ...unknown, state: "stream-missing" }).slice(1)).toStrictEqual([
      "stream-missing",
      ...Array.from({ length: 5 }, () => "unknown"),
      "there is no such stream",
    ]);
    const idle = { owner: undefined, beatSeconds: undefined, lagMessages: 0, lagSeconds: 0, rate: 0 };
    expect(cells({ ...idle, state: "unclaimed" }).slice(4)).toStrictEqual(["0", "–", "0", "nobody"]);
  });

  it("says below the table why a lane waits", () => {
    expect(lanesView([{ ...lane, state: "paused", reason: "the disk is full" }])).toMatch(/\n\nSHOP is paused: the disk is full\n$/);
  });
});
