import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "../clickhouse/database.test-support.ts";
import type { Project } from "../model/index.ts";
import { insertEvents } from "../queries/trends/trend.test-support.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import { buildAlerts, projectAlerts } from "./build-alerts.ts";
import { sampleProject } from "./sample-project.test-support.ts";

interface Rule {
  readonly uid: string;
  readonly condition: string;
  readonly data: readonly { readonly refId: string; readonly model: Readonly<Record<string, unknown>> }[];
  readonly annotations: Readonly<Record<string, string>>;
}

const HOUR = 3_600_000;
const held = useDatabase();

/** @param more values of columns, as SQL */
function batch(first: number, last: number, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const messages = String(last - first + 1);
  const [stored, now] = ["now64(6, 'UTC') - 1", "now64(6, 'UTC')"];
  const place = { stream: "'SHOP'", epoch: "1", generation: "1", first: String(first), last: String(last) };
  const counts = { received: messages, inserted: messages, event_rows: messages };
  const row = { ...place, ...counts, stored_from: stored, stored_to: stored, inserted_at: now, ...more };
  const sql = `INSERT INTO ingest_ledger (${Object.keys(row).join(", ")}) SELECT ${Object.values(row).join(", ")}`;
  return held.clickhouse.command({ name: "Insert a ledger row", sql });
}

describe("alerts", () => {
  let project: Project;
  beforeAll(async () => {
    project = { ...sampleProject("sample"), name: held.clickhouse.database };
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
  });

  const value = async (title: string): Promise<number> => {
    const { sql } = projectAlerts(project).find((alert) => alert.title === title)!;
    const rows = await held.clickhouse.rows<{ time: string; value: number | string }>({ name: title, sql, settings: { readonly: "2" } });
    expect(rows).toHaveLength(1);
    return Number(rows[0]!.value);
  };
  it("have rules that Grafana takes, each with a page that says what to do", () => {
    const { groups } = JSON.parse(buildAlerts(project)) as { groups: { rules: Rule[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const { annotations, condition, data, uid } of rules) {
      expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
      expect(data.map(({ refId }) => refId)).toEqual(["A", "B", "C"]);
      expect(condition).toBe("C");
      expect(data[0]?.model).toMatchObject({ intervalMs: 60_000, refId: "A" });
      expect(String(data[0]?.model["rawSql"])).not.toMatch(/\$/);
      const runbook = annotations["runbook"] ?? "";
      expect({ runbook, exists: existsSync(new URL(`../${runbook}`, import.meta.url)) }).toEqual({ runbook, exists: true });
    }
  });

  it("are quiet where nothing is, and where all is well", async () => {
    const titles = projectAlerts(project).map(({ title }) => title);
    for (const title of titles) expect([title, await value(title)]).toEqual([title, 0]);
    await batch(1, 100);
    await batch(101, 200);
    for (const { above, title } of projectAlerts(project)) expect([title, (await value(title)) <= above]).toEqual([title, true]);
  });

  it("tell each trouble", async () => {
    await batch(201, 210, { stored_from: "now64(6, 'UTC') - 500" });
    expect(await value("Events come in late")).toBeGreaterThan(60);
    await batch(211, 220, { inserted: "5", event_rows: "5", dead_lettered: "5", dead_letter_rows: "50" });
    expect(await value("Many dead letters")).toBeGreaterThan(0.01);
    expect(await value("The ledger does not balance")).toBe(0);
    await batch(231, 240, { received: "10", inserted: "9" });
    expect(await value("The ledger does not balance")).toBe(1);
    await batch(241, 250, { missing: "10", received: "0", inserted: "0", event_rows: "0" });
    expect(await value("Messages were gone before they were read")).toBe(10);
    await held.clickhouse.command({ name: "Age the ledger", sql: "TRUNCATE TABLE ingest_ledger" });
    await batch(251, 260, { inserted_at: "now64(6, 'UTC') - 7200" });
    expect(await value("A stream is silent")).toBeGreaterThan(3_600);
  });

  it("tell an hour unlike those of the weeks before", async () => {
    const end = Math.floor(Date.now() / HOUR) * HOUR;
    const at = (weeks: number, orders: number, seq: number) =>
      Array.from({ length: orders }, (_, index) => ({
        seq: seq + index,
        time: (end - HOUR - weeks * 168 * HOUR + index) * 1_000,
        data: { amount: 1, country: "DE" },
      }));
    const odd = projectAlerts(project).find(({ sql, title }) => title.startsWith("An odd hour of") && /count/.test(sql))!.title;
    await insertEvents(
      held.clickhouse,
      [8, 7, 6, 5, 4, 3, 2, 1].flatMap((weeks) => at(weeks, 20 + (weeks % 3), weeks * 1_000)),
    );
    // Nothing at all in the last hour, where 20 were usual.
    expect(await value(odd)).toBeGreaterThan(5);
    await insertEvents(held.clickhouse, at(0, 21, 90_000));
    expect(await value(odd)).toBeLessThan(5);
    await insertEvents(held.clickhouse, at(0, 60, 95_000));
    expect(await value(odd)).toBeGreaterThan(5);
  });
});
