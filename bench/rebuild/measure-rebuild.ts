import { z } from "zod";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { connectJetStream } from "../../jetstream/index.ts";
import { count, defineEvent, defineMetric, defineProject, sum, uniq, type Metric } from "../../model/index.ts";
import { applyPlan, migrationPlan, rebuildRollup } from "../../transforms/index.ts";

/** What one rebuild took. */
export interface RebuildFigure {
  readonly metric: string;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** Where the servers are, and how many events there are to be. */
export interface RebuildBench {
  readonly natsUrl: string;
  readonly clickhouseUrl: string;
  readonly events: number;
}

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), country: z.string() }) });
const METRICS: readonly Metric[] = [
  defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] }),
  defineMetric({ name: "revenue", event: order, measure: sum("amount", { decimals: 2 }), dimensions: ["country"] }),
  defineMetric({ name: "buyers", event: order, measure: uniq("subject"), dimensions: ["country"] }),
];
const EVENTS_AN_INSERT = 1_000_000;
/** A month. */
const SECONDS = 2_592_000;

/** Makes events by SQL in a database of its own, rebuilds three metrics one after the other, and says how fast; each must end with as many events as there are. */
export async function measureRebuild({ clickhouseUrl, events, natsUrl }: RebuildBench): Promise<readonly RebuildFigure[]> {
  const name = `bench_rebuild_${process.pid}`;
  const project = defineProject({
    name,
    streams: [{ name: name.toUpperCase(), subjects: [`${name}.>`] }],
    events: [order],
    metrics: METRICS,
  });
  const clickhouse = connectClickHouse({ url: clickhouseUrl, database: name });
  const jetstream = await connectJetStream({ url: natsUrl });
  try {
    const workers = { project, jetstream };
    await applyPlan(await migrationPlan({ ...project, metrics: [] }, clickhouse), clickhouse, { workers });
    for (let from = 0; from < events; from += EVENTS_AN_INSERT) {
      const params = { stream: name.toUpperCase(), from, rows: Math.min(EVENTS_AN_INSERT, events - from), all: events, seconds: SECONDS };
      await clickhouse.command({ name: "Make events", sql: MADE_EVENTS, params });
    }
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse, { workers });
    const figures: RebuildFigure[] = [];
    for (const metric of METRICS) {
      const started = performance.now();
      const silent = { onStep: () => undefined, onProgress: () => undefined, signal: new AbortController().signal };
      const { complete, events: read } = await rebuildRollup({ metric, clickhouse, workers, worker: `bench:${process.pid}`, ...silent });
      const seconds = (performance.now() - started) / 1_000;
      if (!complete || read !== events) throw new Error(`The rebuild of ${metric.name} read ${read} of ${events} events.`);
      figures.push({ metric: metric.name, events, seconds, eventsPerSecond: Math.round(events / seconds) });
    }
    return figures;
  } finally {
    await clickhouse.command({ name: "Drop", sql: `DROP DATABASE IF EXISTS ${name}` });
    await Promise.all([clickhouse.close(), jetstream.close()]);
  }
}

const MADE_EVENTS = `INSERT INTO events
SELECT {stream:String}, 1, number + {from:UInt64} AS seq, 0, at, at, at, toString(seq), 'order.placed', 'web', concat('user-', toString(seq * 7919 % 100000)), 1,
  concat('{"amount":', toString((seq % 100000) / 100 + 0.01), ',"country":"', ['DE', 'AT', 'CH', 'FR', 'US'][1 + seq % 5], '"}'), '{}'
FROM (SELECT number, toDateTime64('2026-03-01 00:00:00', 6, 'UTC') + toIntervalMicrosecond(intDiv((number + {from:UInt64}) * {seconds:UInt64} * 1000000, {all:UInt64})) AS at FROM numbers({rows:UInt64}))`;
