import { connectClickHouse } from "../../clickhouse/index.ts";
import { createIngestMetrics, runIngest, type Logger } from "../../ingest/index.ts";
import { connectJetStream, type JetStream } from "../../jetstream/index.ts";
import { createEnrichers } from "../../transforms/index.ts";
import { BENCH_STREAM, benchProject, derivingProject } from "./bench-project.ts";
import type { ChildReport } from "./child-report.ts";
import { clientDrain } from "./client-drain.ts";
import { naiveWriter } from "./naive-writer.ts";

/** One of the things compared, in a process of its own so that its CPU time and memory are its own. Started by run-child.ts with: task, NATS url, ClickHouse url, whether to derive, messages to take (naive). */
const [task, natsUrl = "", clickhouseUrl = "", derive = "false", messages = "0"] = process.argv.slice(2);
const project = derive === "true" ? derivingProject : benchProject;
const jetstream = await connectJetStream({ url: natsUrl });
const clickhouse = connectClickHouse({ url: clickhouseUrl, database: project.name });
const say = (fields: object, message: string): void => console.error(message, fields);
const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function read(source: JetStream): Promise<void> {
  const state = await source.streamState(BENCH_STREAM);
  if (!state) throw new Error(`There is no stream ${BENCH_STREAM}.`);
  const signal = new AbortController().signal;
  await source.readRange({ stream: BENCH_STREAM, epoch: state.epoch, first: 1, last: state.lastSeq, onMessage: () => {}, signal });
}

/** A worker: until it has caught up, or until it is told to stop. */
async function ingest(until: "caught-up" | "told"): Promise<void> {
  const stop = new AbortController();
  if (until === "told") process.once("message", () => stop.abort());
  await runIngest({
    project,
    jetstream,
    clickhouse,
    worker: "bench",
    // A worker whose ClickHouse is taken away has much to tell.
    logger: until === "told" ? quiet : { ...quiet, warn: say, error: say },
    metrics: createIngestMetrics(),
    signal: stop.signal,
    enrichers: createEnrichers(project.events, { tables: new Map(), onMiss: () => {} }),
    ...(until === "caught-up" ? { until } : {}),
  });
}

const started = performance.now();
const cpuBefore = process.cpuUsage();
if (task === "drain") await clientDrain(natsUrl, BENCH_STREAM);
else if (task === "read") await read(jetstream);
else if (task === "naive") await naiveWriter(natsUrl, clickhouseUrl, BENCH_STREAM, project.name, Number(messages));
else await ingest(task === "live" ? "told" : "caught-up");
const cpu = process.cpuUsage(cpuBefore);
const report: ChildReport = {
  seconds: (performance.now() - started) / 1_000,
  cpuMicros: cpu.user + cpu.system,
  peakMb: process.resourceUsage().maxRSS / 1_024,
};
process.send?.(report);
if (process.connected) process.disconnect();
await jetstream.close();
await clickhouse.close();
