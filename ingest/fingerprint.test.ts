import { expect, it } from "vitest";
import { defineProject } from "../model/index.ts";
import { fingerprint } from "./fingerprint.ts";

function codeOf(within?: string): string {
  return fingerprint(
    defineProject({ name: "shop", streams: [], events: [], ...(within === undefined ? {} : { deduplicate: { within } }) }),
  );
}

it("tells projects apart whose duplicates differ, and not those that write the same window in other words", () => {
  expect(new Set([codeOf(), codeOf("1d"), codeOf("2d")]).size).toBe(3);
  expect(codeOf("24h")).toBe(codeOf("1d"));
});
