import { describe, expect, it } from "vitest";
import type { LaneStatus } from "../../ingest/index.ts";
import { lagView } from "./lag.ts";

const lane: LaneStatus = {
  stream: "SHOP",
  state: "claimed",
  owner: "host:1/ab",
  beatSeconds: 2,
  lastSeq: 1_500,
  committed: 1_000,
  lagMessages: 500,
  lagSeconds: 12,
};
const unknown = { lastSeq: undefined, committed: undefined, lagMessages: undefined, lagSeconds: undefined };

/** The cells of the one lane. */
function cells(changes: Partial<LaneStatus>): string[] {
  return (lagView([{ ...lane, ...changes }]).split("\n")[2] ?? "").split(/ {2,}/);
}

describe("lagView", () => {
  it("shows how far a lane is behind and who reads it, with the age of the last sign of life", () => {
    expect(cells({})).toStrictEqual(["SHOP", "1,500", "1,000", "500", "12 s", "host:1/ab (heard of 2.0 s ago)"]);
  });

  it("does not pass a dead owner off as a reader", () => {
    expect(cells({ state: "stale", beatSeconds: 7_500 }).at(-1)).toBe("host:1/ab (stale: last heard of 2 h 5 m ago)");
  });

  it("shows unknown as unknown, and nothing waiting as none", () => {
    expect(cells({ ...unknown, state: "stream-missing" }).slice(1)).toStrictEqual([
      "unknown",
      "unknown",
      "unknown",
      "unknown",
      "there is no such stream",
    ]);
    expect(cells({ state: "unclaimed", owner: undefined, beatSeconds: undefined, lagMessages: 0, lagSeconds: 0 }).slice(3)).toStrictEqual([
      "0",
      "–",
      "nobody",
    ]);
  });
});
