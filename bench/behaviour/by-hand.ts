import type { Statement } from "../../clickhouse/index.ts";
import { range, steps } from "./shop-events.ts";

/** Microseconds of the funnel's window. */
export const WINDOW = 7 * 86_400_000_000;

const bounds = `time >= fromUnixTimestamp64Micro(${range.from}) AND time < fromUnixTimestamp64Micro(${range.to})`;

/** What is usually written by hand: `reached` is the last step of how many entities, by the longest chain from any first step. No times, no breakdown, and another question. */
export const windowFunnelByHand: Statement = {
  name: "windowFunnel by hand",
  sql: `SELECT reached, count() AS entities
FROM (SELECT subject, windowFunnel(${WINDOW})(toUInt64(toUnixTimestamp64Micro(time)), ${steps.map((type) => `type = '${type}'`).join(", ")}) AS reached
FROM events WHERE type IN (${steps.map((type) => `'${type}'`).join(", ")}) AND ${bounds} GROUP BY subject)
WHERE reached > 0 GROUP BY reached ORDER BY reached`,
};

/** The same question as the funnel's a second way, by a join for each step: `entities` that reached the step. Ties go by sequence, as all events are of one stream. */
export function reachedByJoins(step: number): Statement {
  const place = "(toInt128(toUnixTimestamp64Micro(time)) * 1000000000 + seq)";
  let sql = `SELECT subject, min(${place}) AS at, at AS entered FROM events WHERE type = '${steps[0]}' AND ${bounds} GROUP BY subject`;
  for (const type of steps.slice(1, step)) {
    sql = `SELECT subject, min(place) AS at, any(before.entered) AS entered
FROM (SELECT subject, time, ${place} AS place FROM events WHERE type = '${type}') AS later INNER JOIN (${sql}) AS before USING (subject)
WHERE place > before.at AND toUnixTimestamp64Micro(time) < intDiv(before.entered, 1000000000) + ${WINDOW} GROUP BY subject`;
  }
  return { name: "Funnel by joins", sql: `SELECT count() AS entities FROM (${sql})` };
}
