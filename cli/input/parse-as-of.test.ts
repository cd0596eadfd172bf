import { expect, it } from "vitest";
import { parseAsOf } from "./parse-as-of.ts";

const now = new Date("2026-11-27T09:30:00Z");

it.each([
  ["1200", 1200],
  ["SHOP=1200,WEB-2=7", { SHOP: 1200, "WEB-2": 7 }],
  ["2026-11-27T09:30", "2026-11-27T09:30"],
  ["yesterday", "yesterday"],
  ["monday-report_2", "monday-report_2"],
  ['{"SHOP":{"epoch":1,"seq":2}}', { SHOP: { epoch: 1, seq: 2 } }],
])("reads %s", async (text, asOf) => {
  expect(await parseAsOf(text, "Europe/Berlin", now)).toEqual(asOf);
});

it("takes anything else for a file", async () => {
  await expect(parseAsOf("./monday", "UTC", now)).rejects.toThrow('--as-of: there is no file "./monday".');
  await expect(parseAsOf("nowhere.json", "UTC", now)).rejects.toThrow('--as-of: there is no file "nowhere.json".');
});
