import { describe, expect, it } from "vitest";
import { covers } from "./subjects.ts";

describe("covers", () => {
  it.each([
    ["a.>", "a.b", true],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "a", true],
    [">", ">", true],
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.*", "a.*", true],
    ["a.*", "a.>", false],
    ["a.>", "a.*", true],
    ["a.>", "a.*.c", true],
    ["a.b", "a.*", false],
    ["*.b", "a.b", true],
    ["*.*", "a.>", false],
    ["a", "a", true],
    ["a", "A", false],
    ["a.b", "a", false],
  ])("%s covers %s: %s", (pattern, subject, expected) => {
    expect(covers(pattern, subject)).toBe(expected);
  });
});
