import { describe, expect, it } from "vitest";
import { printable, table, textWidth } from "./table.ts";

describe("table", () => {
  it("aligns words to the left and numbers to the right", () => {
    const columns = [{ title: "country" }, { title: "orders", align: "right" as const }];
    expect(
      table(columns, [
        ["DE", "12,849"],
        ["Österreich", "7"],
      ]),
    ).toBe("country     orders\n──────────  ──────\nDE          12,849\nÖsterreich       7\n");
  });

  it("counts the columns that a terminal takes, not the code units", () => {
    expect([textWidth("naïve"), textWidth("日本"), textWidth("👩‍💻"), textWidth("\u001B[2mdim\u001B[22m")]).toEqual([5, 4, 2, 3]);
  });

  it("keeps control characters of data from reaching the terminal", () => {
    expect(printable("a\u001B[31mb\nc\u0000")).toBe("a·[31mb·c·");
  });
});
