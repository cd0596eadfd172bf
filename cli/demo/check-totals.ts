import type { trueTotals } from "../../examples/shop/index.ts";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { trend, type TrendAnswer } from "../../queries/index.ts";

/** What the generator knows to be true of its events. */
export type ShopTotals = ReturnType<typeof trueTotals>;

/** The stretch of event time that the shop's history can touch. */
export interface Stretch {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Compares what the database answers with what the generator knows to be true: orders of each day, and revenue of each country and currency to the cent.
 * @returns what differs, a sentence each
 */
export async function checkTotals(clickhouse: ClickHouse, project: Project, truth: ShopTotals, range: Stretch): Promise<string[]> {
  const ask = (metric: string, grain: string, groupBy: string[]): Promise<TrendAnswer> =>
    trend(clickhouse, project, { metric, ...range, grain, groupBy, timezone: "UTC" });
  const orders = sums(await ask("orders", "day", []), (row) => row.start.toISOString().slice(0, 10));
  const revenue = sums(
    await ask("revenue", "day", ["country", "currency"]),
    ({ group }) => `${String(group["country"])}/${String(group["currency"])}`,
  );
  return [...differences("orders of", orders, truth.ordersByDay), ...differences("revenue of", revenue, truth.revenue)];
}

function sums({ rows }: TrendAnswer, keyOf: (row: TrendAnswer["rows"][number]) => string): Map<string, number> {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(keyOf(row), (totals.get(keyOf(row)) ?? 0) + Number(row.values["value"] ?? 0));
  return totals;
}

/** Sums of cents as doubles agree to far less than half a cent, or are not the same sums. */
function differences(what: string, found: ReadonlyMap<string, number>, truth: Readonly<Record<string, number>>): string[] {
  const keys = new Set([...found.keys(), ...Object.keys(truth)]);
  return [...keys].flatMap((key) => {
    const [is, should] = [found.get(key) ?? 0, truth[key] ?? 0];
    return Math.abs(is - should) < 0.005 ? [] : [`${what} ${key}: ${is} in the database, ${should} in truth.`];
  });
}
