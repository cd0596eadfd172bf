import { connectClickHouse } from "../../clickhouse/index.ts";
import { createIngestMetrics, runIngest, type Logger } from "../../ingest/index.ts";
import { connectJetStream, type JetStream } from "../../jetstream/index.ts";
import { createEnrichers } from "../../transforms/index.ts";
import { benchProject } from "./bench-project.ts";
import type { ChildReport } from "./child-report.ts";

/** Either half of the comparison, in a process of its own so that its CPU time and memory are its own. Started by main.ts with: drain|ingest, NATS url, ClickHouse url. */
const [task, natsUrl = "", clickhouseUrl = ""] = process.argv.slice(2);
const jetstream = await connectJetStream({ url: natsUrl });
const clickhouse = connectClickHouse({ url: clickhouseUrl, database: benchProject.name });
const say = (fields: object, message: string): void => console.error(message, fields);
const logger: Logger = { debug: () => {}, info: () => {}, warn: say, error: say };

async function drain(source: JetStream): Promise<void> {
  const stream = benchProject.streams[0]?.name ?? "";
  const state = await source.streamState(stream);
  if (!state) throw new Error(`There is no stream ${stream}.`);
  const signal = new AbortController().signal;
  await source.readRange({ stream, epoch: state.epoch, first: 1, last: state.lastSeq, onMessage: () => {}, signal });
}

const started = performance.now();
const cpuBefore = process.cpuUsage();
if (task === "drain") await drain(jetstream);
else {
  await runIngest({
    project: benchProject,
    jetstream,
    clickhouse,
    worker: "bench",
    logger,
    metrics: createIngestMetrics(),
    signal: new AbortController().signal,
    enrichers: createEnrichers(benchProject.events, { tables: new Map(), onMiss: () => {} }),
    until: "caught-up",
  });
}
const cpu = process.cpuUsage(cpuBefore);
const report: ChildReport = {
  seconds: (performance.now() - started) / 1_000,
  cpuMicros: cpu.user + cpu.system,
  peakMb: process.resourceUsage().maxRSS / 1_024,
};
process.send?.(report);
await jetstream.close();
await clickhouse.close();
