import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { rejection, useDatabase } from "../../clickhouse/database.test-support.ts";
import { count, defineEvent, defineMetric, defineProject } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { sessions } from "../behaviour/sessions.ts";
import { commitTo, insertEvents } from "../trends/trend.test-support.ts";
import { trend } from "../trends/trend.ts";
import { removeWatermark } from "./remove-watermark.ts";
import { saveWatermark } from "./save-watermark.ts";
import { findSavedWatermark, savedWatermarks } from "./saved-watermarks.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.number() }) });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [defineMetric({ name: "orders", event: order, measure: count() })],
});
const range = { from: "2026-03-28", to: "2026-03-29" };
const sentence = async (promise: Promise<unknown>): Promise<string> => (await rejection<Error>(promise)).message;
const upTo = (seq: number) => ({ SHOP: { epoch: 1, seq } });

describe("saved watermarks", () => {
  const held = useDatabase();
  /** Orders that a trend counts as of a past state. */
  const ordersAsOf = async (asOf: string): Promise<unknown> =>
    (await trend(held.clickhouse, project, { metric: "orders", ...range, grain: "day", asOf })).rows[0]?.values["value"];

  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
    await insertEvents(
      held.clickhouse,
      [1, 2, 3, 4].map((seq) => ({ time: `2026-03-28 12:00:0${seq}`, data: { amount: seq }, seq })),
    );
    await commitTo(held.clickhouse, { last: 4, storedTo: "2026-04-01 00:00:00" });
  });
  beforeEach(() => held.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE saved_watermarks" }));

  it("stand for what was ingested, or for any past state, in every question", async () => {
    expect(await saveWatermark(held.clickhouse, project, "all")).toMatchObject({ name: "all", watermark: upTo(4) });
    await saveWatermark(held.clickhouse, project, "early", { asOf: 2 });
    await saveWatermark(held.clickhouse, project, "Early_2-b", { asOf: "early" });
    expect((await savedWatermarks(held.clickhouse)).map(({ name, watermark }) => [name, watermark])).toEqual([
      ["Early_2-b", upTo(2)],
      ["all", upTo(4)],
      ["early", upTo(2)],
    ]);
    expect([await ordersAsOf("all"), await ordersAsOf("early"), await ordersAsOf("Early_2-b")]).toEqual([4, 2, 2]);
    const answer = await sessions(held.clickhouse, project, { ...range, gap: "1h", asOf: "early" });
    expect(answer.watermark).toEqual(upTo(2));
  });

  it("keep their meaning unless forced", async () => {
    await saveWatermark(held.clickhouse, project, "kept", { asOf: 1 });
    expect(await sentence(saveWatermark(held.clickhouse, project, "kept"))).toMatch(
      /^A watermark is saved as "kept" since 20\d\d-.*Z: choose another name, or replace it with "force"\.$/,
    );
    expect(await ordersAsOf("kept")).toBe(1);
    await saveWatermark(held.clickhouse, project, "kept", { asOf: 3, force: true });
    expect(await ordersAsOf("kept")).toBe(3);
  });

  it("are one writer's where several save the same name at once", async () => {
    for (const force of [false, true]) {
      const outcomes = await Promise.allSettled(
        [1, 2, 3, 4].map((asOf) => saveWatermark(held.clickhouse, project, "race", { asOf, force })),
      );
      const saved = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.watermark] : []));
      const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
      expect(saved).toContainEqual((await findSavedWatermark(held.clickhouse, "race")).watermark);
      if (!force) expect(saved).toHaveLength(1);
      for (const reason of refused) expect(reason).toMatch(/QueryError: .*(by somebody else meanwhile|is saved as "race" since)/);
    }
  });

  it("are given up, and may be saved again", async () => {
    await saveWatermark(held.clickhouse, project, "gone", { asOf: 1 });
    expect((await removeWatermark(held.clickhouse, "gone")).watermark).toEqual(upTo(1));
    expect(await savedWatermarks(held.clickhouse)).toEqual([]);
    expect(await sentence(removeWatermark(held.clickhouse, "gone"))).toContain('No watermark is saved as "gone"');
    await saveWatermark(held.clickhouse, project, "gone", { asOf: 2 });
    expect(await ordersAsOf("gone")).toBe(2);
    // A table that lost its rows has forgotten their tokens too.
    await held.clickhouse.command({ name: "Lose it", sql: "TRUNCATE TABLE saved_watermarks" });
    await saveWatermark(held.clickhouse, project, "gone", { asOf: 3 });
    expect(await ordersAsOf("gone")).toBe(3);
  });

  it("are told by the nearest name where there is none", async () => {
    await saveWatermark(held.clickhouse, project, "monday-report");
    expect(await sentence(ordersAsOf("monday-raport"))).toBe('No watermark is saved as "monday-raport": did you mean "monday-report"?');
    expect(await sentence(ordersAsOf("yesterdy"))).toBe('No watermark is saved as "yesterdy": did you mean "yesterday"?');
    expect(await sentence(ordersAsOf("completely-other"))).toBe(
      'No watermark is saved as "completely-other": "hydrograph watermark list" shows those that are.',
    );
  });

  it("take no name that is something else", async () => {
    for (const name of ["", "1", "2026", "a b", "x'; DROP TABLE events; --", 'a"b', "ä", "a\u0000", "-a", "now", "a".repeat(101)])
      expect(await sentence(saveWatermark(held.clickhouse, project, name))).toContain("cannot name a watermark");
    expect(await sentence(ordersAsOf("x'; DROP TABLE events; --"))).toContain("write a time");
    expect(await savedWatermarks(held.clickhouse)).toEqual([]);
  });

  it("say which command makes their table", async () => {
    await held.clickhouse.command({ name: "Drop", sql: "DROP TABLE saved_watermarks SYNC" });
    expect(await sentence(savedWatermarks(held.clickhouse))).toContain('run "hydrograph migrate"');
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
    expect(await savedWatermarks(held.clickhouse)).toEqual([]);
  });
});
