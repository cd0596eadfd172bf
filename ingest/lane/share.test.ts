import { describe, expect, it } from "vitest";
import { Share } from "./share.ts";

/** A share of lanes that notes which are given up. */
function shareOf(lanes: number): { share: Share; givenUp: string[]; take: (lane: string) => boolean } {
  const share = new Share(lanes);
  const givenUp: string[] = [];
  return { share, givenUp, take: (lane) => share.take(lane, () => givenUp.push(lane)) };
}

describe("a worker's share of the lanes", () => {
  it("is all of them while it is alone", () => {
    const { take } = shareOf(3);
    expect(["a", "b", "c"].map(take)).toStrictEqual([true, true, true]);
  });

  it("is rounded up, and what is beyond it is given up, the last taken first to go", () => {
    const { givenUp, share, take } = shareOf(5);
    for (const lane of ["a", "b", "c", "d", "e"]) take(lane);
    share.divideBy(2);
    expect(givenUp).toStrictEqual(["d", "e"]);
    expect(take("f")).toBe(false);
  });

  it("has room again for a lane that is given back, or when workers go", () => {
    const { share, take } = shareOf(4);
    share.divideBy(2);
    expect(["a", "b", "c"].map(take)).toStrictEqual([true, true, false]);
    share.giveBack("a");
    expect(["c", "d"].map(take)).toStrictEqual([true, false]);
    share.divideBy(1);
    expect(take("d")).toBe(true);
  });

  it("is one lane at least, however many workers there are: whoever waits for the last lane takes over when its owner dies", () => {
    const { share, take } = shareOf(1);
    share.divideBy(5);
    expect(take("a")).toBe(true);
  });
});
