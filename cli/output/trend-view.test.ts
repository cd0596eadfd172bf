import { describe, expect, it } from "vitest";
import type { TrendAnswer, TrendRow } from "../../queries/index.ts";
import { trendView, type TrendViewOptions } from "./trend-view.ts";
import { answerArrow, answerCsv } from "./answer-file.ts";
import { tableFromIPC } from "apache-arrow";

const terminal = { paint: (_style: string, text: string) => text, width: 80 };
const all: TrendViewOptions = { chart: true, table: true, source: true };

function row(start: string, value: number | null, rest: Partial<TrendRow> = {}): TrendRow {
  return { start: new Date(start), end: new Date(start), state: "final", partial: false, group: {}, values: { value }, ...rest };
}

function answer(rows: TrendRow[], rest: Partial<TrendAnswer> = {}): TrendAnswer {
  const series = new Map(rows.map((one) => [JSON.stringify([one.group, one.other]), one]));
  return {
    metrics: [{ name: "orders", outputs: ["value"], adds: true }],
    from: new Date("2026-10-24T22:00:00Z"),
    to: new Date("2026-10-26T23:00:00Z"),
    grain: "day",
    timezone: "Europe/Berlin",
    groupBy: [],
    outputs: ["value"],
    rows,
    totals: [...series.values()].map(({ group, other }) => ({ group, ...(other ? { other } : {}), values: { value: 77 } })),
    watermark: { SHOP: { epoch: 1, seq: 1_200 } },
    sources: [{ metric: "orders", kind: "rollup", table: "rollup_orders_1", why: "It fits." }],
    ...rest,
  };
}

const twoDays = answer([row("2026-10-24T22:00:00Z", 1_200), row("2026-10-25T23:00:00Z", 3.5, { state: "open", partial: true })], {
  metrics: [{ name: "orders", unit: "USD", outputs: ["value"], adds: true }],
  totals: [{ group: {}, values: { value: 1_203.5 } }],
});

describe("trendView", () => {
  it("shows what was asked, a chart, a table that marks what is not whole, and the source", () => {
    expect(trendView(twoDays, terminal, all).split("\n")).toEqual([
      "orders in USD   2 buckets of day, 2026-10-25 00:00 to 2026-10-27 00:00 Europe/Berlin",
      "",
      "   1200 ┤████",
      ...Array.from({ length: 6 }, () => "        ┤████"),
      "      0 ┤████ ░░░░",
      "        └──────────",
      "         2026-10-25",
      "",
      "bucket        orders",
      "───────────  ───────  ─────────────",
      "2026-10-25   1,200.0",
      "2026-10-26       3.5  open, partial",
      "whole range  1,203.5",
      "",
      "░ open: not over, or not all of it is ingested",
      "from rollup_orders_1. It fits.",
      "as of SHOP 1,200",
      "",
    ]);
  });

  it("gives each series a line, the greatest first, and takes no open bucket for the last whole one", () => {
    const rows = ["DE", null].flatMap((country, index) => [
      row("2026-10-24T22:00:00Z", 10 * (index + 1), { group: { country } }),
      row("2026-10-25T23:00:00Z", 1, { group: { country }, state: "open" }),
    ]);
    const totals = [
      { group: { country: "DE" }, values: { value: 11 } },
      { group: { country: null }, values: { value: 21 } },
    ];
    const shown = trendView(answer(rows, { groupBy: ["country"], totals }), terminal, { ...all, table: false });
    expect(shown).toMatch(/^none {2}█░ +21 +20 +20\nDE {4}█░ +11 +10 +10$/m);
  });

  it.each([
    ["hour", "2026-10-25T01:00:00Z", "2026-10-25 02:00"],
    ["week", "2026-10-25T23:00:00Z", "2026-10-26"],
    ["month", "2026-10-31T23:00:00Z", "2026-11"],
    ["3 months", "2026-09-30T22:00:00Z", "2026-10"],
    ["quarter", "2026-09-30T22:00:00Z", "2026-Q4"],
    ["year", "2026-12-31T23:00:00Z", "2027"],
  ])("names a bucket of a %s on the clocks of the zone", (grain, start, name) => {
    const shown = trendView(answer([row(start, 1)], { grain }), terminal, { ...all, chart: false });
    expect(shown).toContain(`\n${name.padEnd(6)}  `);
  });

  it("says that there is nothing, and lets no control character of a group through", () => {
    expect(trendView(answer([]), terminal, all)).toContain("No events in this range.");
    expect(trendView(answer([row("2026-10-24T22:00:00Z", 1, { group: { country: "\u001B[2J" } })]), terminal, all)).not.toContain("\u001B");
  });
});

describe("files of a trend", () => {
  const grouped = answer(
    [
      row("2026-10-24T22:00:00Z", 1.5, { group: { country: 'a "b", c' } }),
      row("2026-10-24T22:00:00Z", null, { group: { country: null }, state: "open" }),
    ],
    { groupBy: ["country"] },
  );

  it("writes CSV that quotes what needs it", () => {
    expect(answerCsv(grouped)).toBe(
      "start,end,state,partial,country,value\n" +
        '2026-10-24T22:00:00.000Z,2026-10-24T22:00:00.000Z,final,false,"a ""b"", c",1.5\n' +
        "2026-10-24T22:00:00.000Z,2026-10-24T22:00:00.000Z,open,false,,\n",
    );
  });

  it("writes Arrow with types", async () => {
    const table = tableFromIPC(await answerArrow(grouped));
    expect(table.schema.fields.map(({ name, type }) => `${name}: ${String(type)}`)).toEqual([
      "start: Timestamp<MILLISECOND, Europe/Berlin>",
      "end: Timestamp<MILLISECOND, Europe/Berlin>",
      "state: Dictionary<Int32, Utf8>",
      "partial: Bool",
      "country: Dictionary<Int32, Utf8>",
      "value: Float64",
    ]);
    expect(table.toArray().map((line) => line?.toJSON() as Record<string, unknown>)).toMatchObject([
      { start: Date.parse("2026-10-24T22:00:00Z"), partial: false, country: 'a "b", c', value: 1.5 },
      { state: "open", country: null, value: null },
    ]);
  });
});
