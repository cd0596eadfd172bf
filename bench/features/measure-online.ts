import type { ClickHouse } from "../../clickhouse/index.ts";
import { getFeatures } from "../../queries/index.ts";
import { buyer, featuresProject } from "./bench-project.ts";
import { END, entitiesStatement, type Shape } from "./shapes.ts";

/** Not measured: the first ones find nothing compiled and nothing cached. */
const WARM_UP = 5;
const ROUNDS = 40;

/** 95th percentile of the time that an answer takes in the library, of one entity and of a thousand, milliseconds. */
export async function measureOnline(
  clickhouse: ClickHouse,
  shape: Shape,
  events: number,
): Promise<{ readonly onlineP95Ms: number; readonly onlineMedianMs: number; readonly onlineOneP95Ms: number }> {
  const many = await times(clickhouse, shape, events, 1_000);
  const one = await times(clickhouse, shape, events, 1);
  return { onlineP95Ms: quantile(many, 0.95), onlineMedianMs: quantile(many, 0.5), onlineOneP95Ms: quantile(one, 0.95) };
}

async function times(clickhouse: ClickHouse, shape: Shape, events: number, count: number): Promise<readonly number[]> {
  const measured: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const drawn = await clickhouse.rows<{ entity: string }>(entitiesStatement(shape, events, count, round));
    const start = performance.now();
    const { rows } = await getFeatures(clickhouse, featuresProject, {
      features: buyer,
      entities: drawn.map(({ entity }) => entity),
      at: END,
    });
    if (round >= WARM_UP) measured.push(performance.now() - start);
    if (rows.length !== count) throw new Error(`${rows.length} rows for ${count} entities.`);
  }
  return measured;
}

/** The least value that a share of all are not above. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
}
