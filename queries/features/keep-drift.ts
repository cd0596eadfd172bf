import { randomBytes } from "node:crypto";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { DriftAnswer } from "./drift-of-features.ts";

/**
 * Keeps an answer in the table `feature_drift`, for dashboards to draw: a row a feature.
 * @throws ClickHouseFailure if ClickHouse did not take it
 */
export async function keepDrift(clickhouse: ClickHouse, answer: DriftAnswer): Promise<void> {
  const { asOf, drift, features, from, rows, to, trainingSet } = answer;
  const measured = new Date().toISOString();
  const kept = drift.map(({ bins, chance, feature, mean, nullRate, psi, verdict }, place) => ({
    features,
    training_set: `${trainingSet.file} ${trainingSet.sha256.slice(0, 12)}`,
    feature,
    range_from: from,
    range_to: to,
    measured_at: measured,
    place,
    rows_before: rows.before,
    rows: rows.now,
    psi,
    chance,
    verdict,
    null_rate_before: nullRate.before,
    null_rate: nullRate.now,
    mean_before: mean.before,
    mean: mean.now,
    bins: bins.map(({ bin }) => bin),
    shares_before: bins.map(({ before }) => before),
    shares: bins.map(({ now }) => now),
    as_of: asOf,
  }));
  await clickhouse.insert({
    table: "feature_drift",
    columns: Object.keys(kept[0] ?? {}),
    format: "JSONEachRow",
    body: Buffer.from(kept.map((row) => JSON.stringify(row)).join("\n")),
    token: `drift/${randomBytes(16).toString("hex")}`,
    settings: { date_time_input_format: "best_effort" },
  });
}
