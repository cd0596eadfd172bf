import { describe, expect, it } from "vitest";
import { plural, shortNumber, showBytes, showColumn, showNumber, showSeconds } from "./numbers.ts";

describe("numbers for reading", () => {
  it.each([
    [null, "–"],
    [0, "0"],
    [12_849, "12,849"],
    [12_849.55, "12,850"],
    [123.456, "123.46"],
    [1.23456, "1.235"],
    [0.001234567, "0.001235"],
    [-5.5, "-5.5"],
  ])("shows %s as %s", (value, text) => expect(showNumber(value)).toBe(text));

  it.each([
    [0, "0"],
    [999, "999"],
    [9_999, "9999"],
    [12_345, "12.3k"],
    [4_000_000, "4M"],
    [1_234_567_890, "1.23G"],
    [-0.5, "-0.5"],
  ])("shortens %s to %s", (value, text) => expect(shortNumber(value)).toBe(text));

  it.each([
    [999, "999 B"],
    [12_345_678, "12.3 MB"],
  ])("shows %s bytes as %s", (value, text) => expect(showBytes(value)).toBe(text));

  it.each([
    [0.44, "0.4 s"],
    [12, "12 s"],
    [200, "3 m 20 s"],
    [7_500, "2 h 5 m"],
    [200_000, "2 d 7 h"],
  ])("shows %s seconds as %s", (value, text) => expect(showSeconds(value)).toBe(text));

  it.each([
    [
      [1.5, 2, null],
      ["1.5", "2.0", "–"],
    ],
    [
      [3, 1_234],
      ["3", "1,234"],
    ],
    [
      [0.1 + 0.2, 20_000.25],
      ["0.3", "20,000.3"],
    ],
  ])("shows %j in a column as %j", (values, texts) => expect(showColumn(values)).toEqual(texts));

  it("counts in words", () => {
    expect([plural(1, "event"), plural(2_000, "event"), plural(2, "entry", "entries")]).toEqual(["1 event", "2,000 events", "2 entries"]);
  });
});
