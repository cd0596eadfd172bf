// A worker as `hydrograph ingest` runs it, without the command around it. Arguments: a compiled config, the address of NATS, the address of ClickHouse.
import { connectClickHouse, connectJetStream, createIngestMetrics, runIngest } from "hydrograph";

const [configFile = "", natsUrl = "", clickhouseUrl = ""] = process.argv.slice(2);
const { default: project } = await import(configFile);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const say = (_fields, message) => process.stderr.write(`${message}\n`);
const jetstream = await connectJetStream({ url: natsUrl });
const clickhouse = connectClickHouse({ url: clickhouseUrl, database: project.name });
const logger = { debug: say, info: say, warn: say, error: say };
await runIngest({
  project,
  jetstream,
  clickhouse,
  worker: `bare:${process.pid}`,
  logger,
  metrics: createIngestMetrics(),
  signal: stop.signal,
});
await jetstream.close();
await clickhouse.close();
