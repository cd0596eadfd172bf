import { describe, expect, it } from "vitest";
import { oracleDuplicates } from "./duplicates.ts";

const event = (id: string, ms: number, source = "s") => ({ id, source, storedAt: ms * 1_000 + 999 });

describe("oracleDuplicates", () => {
  it("counts from the event that was accepted, not from its duplicates, and not at the very end of the window", () => {
    const log = [event("a", 0), event("a", 9), event("a", 10), event("a", 19), event("a", 20)];
    expect(oracleDuplicates(log, 10)).toStrictEqual([false, true, false, true, false]);
  });

  it("tells keys apart by source and id", () => {
    const log = [event("a", 0), event("b", 0), event("a", 0, "t"), event("a", 0), event("", 0, "sa")];
    expect(oracleDuplicates(log, 10)).toStrictEqual([false, false, false, true, false]);
  });

  it("goes by the order of the log where store times step back", () => {
    expect(oracleDuplicates([event("a", 50), event("a", 45), event("a", 60)], 10)).toStrictEqual([false, true, false]);
  });
});
