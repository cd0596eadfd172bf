import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { gridEdges, grainOf } from "../../model/index.ts";
import {
  changesOf,
  edgesByTemporal,
  GRAINS,
  isThorough,
  ODD_ZONES,
  windowAround,
  ZONES,
} from "../../model/time/conformance.test-support.ts";
import { Bindings } from "../bindings.ts";
import { bucketSql, edgesSql } from "./bucket-sql.ts";

let clickhouse: ClickHouse;
beforeAll(() => {
  clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
});
afterAll(() => clickhouse.close());

/** The bucket that SQL finds for each edge, a microsecond after it, and a microsecond before the next. */
async function bucketsInSql(edges: readonly number[]): Promise<number[]> {
  const bindings = new Bindings();
  const bucket = bucketSql(edges, "moment", bindings);
  const known = edgesSql(edges, bindings);
  const moments = `arrayFlatten(arrayMap((edge, next) -> [edge, edge + 1, next - 1], arrayPopBack(${known}), arrayPopFront(${known})))`;
  const [row] = await clickhouse.rows<{ starts: string[] }>({
    name: "Buckets",
    sql: `SELECT groupArray(${bucket}) AS starts FROM (SELECT arrayJoin(${moments}) AS moment)`,
    params: bindings.params,
  });
  return (row?.starts ?? []).map(Number);
}

test(
  "SQL puts what happens around a change of the clocks into Temporal's buckets (GRID=full for all zones and grains)",
  { timeout: 3_600_000 },
  async () => {
    let compared = 0;
    const wrong: string[] = [];
    for (const zone of isThorough ? ZONES : ODD_ZONES) {
      const changes = changesOf(zone, 2010, 2030);
      const looked = changes.length === 0 ? [Date.UTC(2020, 5, 30)] : isThorough ? changes : changes.slice(-2);
      for (const grain of isThorough ? GRAINS : (["15 minutes", "hour", "day", "week"] as const)) {
        const collect = (edgesIn: (from: number, to: number) => readonly number[]): number[] => {
          const edges = new Set(looked.flatMap((change) => edgesIn(...windowAround(grain, zone, change))));
          return [...edges].toSorted((a, b) => a - b).map((edge) => edge * 1_000);
        };
        const ours = collect((from, to) => {
          const edges = gridEdges({ from: from * 1_000, to: to * 1_000, grain: grainOf(grain), timezone: zone }).map(
            (edge) => edge / 1_000,
          );
          return edges.filter((edge) => edge >= from && edge < to);
        });
        const theirs = collect((from, to) => edgesByTemporal(from, to, grain, zone));
        const found = await bucketsInSql(ours);
        compared += found.length;
        const expected = theirs.slice(0, -1).flatMap((edge) => [edge, edge, edge]);
        if (found.length !== expected.length || found.some((start, index) => start !== expected[index])) wrong.push(`${zone}, ${grain}`);
      }
    }
    if (isThorough)
      process.stdout.write(`${compared.toLocaleString("en")} moments put into buckets, ${wrong.length} zones and grains differ\n`);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  },
);
