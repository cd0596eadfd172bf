import type { ClickHouse } from "../../clickhouse/index.ts";
import { getFeatures, serveFeatures, type OnlineAnswer } from "../../queries/index.ts";
import { buyer, featuresProject } from "./bench-project.ts";
import { entitiesStatement, type Shape } from "./shapes.ts";

/** Not measured: the first ones find nothing compiled and nothing cached. */
const WARM_UP = 5;
const ROUNDS = 40;

/** Milliseconds that an answer takes in the library. */
export interface OnlineFigures {
  /** 95th percentile and median, of a thousand entities of a set that is kept ready. */
  readonly onlineP95Ms: number;
  readonly onlineMedianMs: number;
  /** What making it ready takes. */
  readonly keepReadySeconds: number;
  /** 95th percentile from the events, of a thousand entities and of one. */
  readonly fromEventsP95Ms: number;
  readonly oneFromEventsP95Ms: number;
}

/** Asks for the features of entities at now, of others every time. */
export async function measureOnline(clickhouse: ClickHouse, shape: Shape, events: number): Promise<OnlineFigures> {
  const fromEvents = (entities: readonly string[]) => getFeatures(clickhouse, featuresProject, { features: buyer, entities });
  const draw = (count: number, round: number) => clickhouse.rows<{ entity: string }>(entitiesStatement(shape, events, count, round));
  const manyFromEvents = await times(draw, 1_000, fromEvents);
  const oneFromEvents = await times(draw, 1, fromEvents);
  const start = performance.now();
  const serving = await serveFeatures(clickhouse, featuresProject, buyer);
  const keepReadySeconds = Math.round((performance.now() - start) / 100) / 10;
  try {
    const kept = await times(draw, 1_000, (entities) => serving.get({ entities }));
    return {
      onlineP95Ms: quantile(kept, 0.95),
      onlineMedianMs: quantile(kept, 0.5),
      keepReadySeconds,
      fromEventsP95Ms: quantile(manyFromEvents, 0.95),
      oneFromEventsP95Ms: quantile(oneFromEvents, 0.95),
    };
  } finally {
    await serving.close();
  }
}

async function times(
  draw: (count: number, round: number) => Promise<readonly { readonly entity: string }[]>,
  count: number,
  ask: (entities: readonly string[]) => Promise<OnlineAnswer>,
): Promise<readonly number[]> {
  const measured: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const entities = (await draw(count, round)).map(({ entity }) => entity);
    const start = performance.now();
    const { rows } = await ask(entities);
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
