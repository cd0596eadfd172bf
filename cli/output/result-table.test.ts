import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { resultTable } from "./result-table.ts";

const stream = (...lines: unknown[][]): Readable => Readable.from(lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`)));

describe("resultTable", () => {
  it("aligns columns by their type and counts the rows", async () => {
    const shown = await resultTable(
      stream(["country", "orders", "tags"], ["Nullable(String)", "UInt64", "Array(String)"], ["DE", "12", ["a"]], [null, "7", []]),
    );
    expect(shown).toBe('country  orders  tags\n───────  ──────  ─────\nDE           12  ["a"]\nNULL          7  []\n2 rows.\n');
  });

  it("shows the columns of an empty result", async () => {
    expect(await resultTable(stream(["n"], ["UInt8"]))).toBe("n\n─\n0 rows.\n");
  });

  it("lets no control character of the data through", async () => {
    expect(await resultTable(stream(["s"], ["String"], ["\u001B[2J"]))).toBe("s\n────\n·[2J\n1 row.\n");
  });
});
