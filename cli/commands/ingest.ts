import { Command } from "commander";
import { createIngestMetrics } from "../../ingest/index.ts";
import { untilCommitted } from "../caught-up.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { startMetricsServer, type MetricsServer, type MetricsServerOptions } from "../metrics-server.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { startWorker, watchUntilDone, type Worker, type WorkerOptions } from "../worker.ts";

interface Flags {
  readonly untilCaughtUp?: boolean;
  readonly format: "text" | "json";
}

/** `hydrograph ingest`: the worker. */
export function ingestCommand(act: Act): Command {
  return new Command("ingest")
    .description("Move events from JetStream into ClickHouse, each exactly once, until stopped (SIGTERM or Ctrl-C drain first).")
    .option("--until-caught-up", "end once everything that the streams hold now is in")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nServes /livez, /readyz, /healthz and /metrics on $HYDROGRAPH_HOST:$HYDROGRAPH_METRICS_PORT (127.0.0.1:9464;\n" +
        "port 0 = off). Any number of workers may run: they share the streams (of a stream with partitions, those) evenly,\n" +
        "each is read by one of them at a time, and those of a worker that dies go to the others within the lease\n" +
        "(10s unless the config says more).\n\nExamples:\n  hydrograph ingest\n  hydrograph ingest --until-caught-up --format json",
    )
    .action(act(ingest));
}

async function ingest(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { signal, terminal } = invocation;
  const metrics = createIngestMetrics();
  let worker: Worker | undefined;
  const closing: (() => Promise<void>)[] = [];
  try {
    const jetstream = await openJetStream(invocation, config);
    closing.push(() => jetstream.close());
    const clickhouse = await openClickHouse(invocation, config);
    closing.push(() => clickhouse.close());
    const server = await serveMetrics(invocation, {
      metrics,
      health: () => worker?.health(),
      readiness: () => worker?.readiness(),
    });
    closing.push(() => server?.close() ?? Promise.resolve());
    const started = performance.now();
    worker = await (flags.untilCaughtUp === true ? ingestUntilCaughtUp : startWorker)({
      project: config.project,
      jetstream,
      clickhouse,
      terminal,
      metrics,
      signal,
      logLevel: logLevelOf(invocation, flags),
    });
    await worker.done;
    await report(invocation, flags, worker, (performance.now() - started) / 1_000);
    return flags.untilCaughtUp === true && signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** A worker that ends once everything that the streams hold now is in, also where another worker reads a stream. */
async function ingestUntilCaughtUp(options: WorkerOptions): Promise<Worker> {
  const stop = new AbortController();
  const worker = await startWorker({ ...options, until: "caught-up", signal: AbortSignal.any([options.signal, stop.signal]) });
  const watched = watchUntilDone(worker, options.terminal).finally(() => stop.abort());
  const done = Promise.all([watched, untilCommitted(options, stop.signal).finally(() => stop.abort())]);
  return { ...worker, done: done.then(() => undefined) };
}

/** A run that ends by itself and is watched shows a bar; its log would stand in between. */
function logLevelOf({ flags: { verbose }, terminal }: Invocation, { untilCaughtUp }: Flags): "debug" | "info" | "warn" {
  if (verbose === true) return "debug";
  return untilCaughtUp === true && terminal.interactive ? "warn" : "info";
}

async function serveMetrics(
  { environment: { host, metricsPort: port }, terminal }: Invocation,
  served: Pick<MetricsServerOptions, "metrics" | "health" | "readiness">,
): Promise<MetricsServer | undefined> {
  if (port === 0) return undefined;
  const server = await startMetricsServer({ host, port, ...served });
  if (terminal.interactive) terminal.note(`${server.url}/healthz and ${server.url}/metrics`);
  return server;
}

async function report({ terminal }: Invocation, flags: Flags, worker: Worker, seconds: number): Promise<void> {
  const { received, rows, deadLetters, duplicates } = await worker.totals();
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify({ received, rows, deadLetters, duplicates, seconds })}\n`);
    return;
  }
  const rate = showNumber(Math.round(received / seconds));
  const leftOut = duplicates > 0 ? `, ${plural(duplicates, "duplicate")} left out` : "";
  await terminal.write(
    `Ingested ${plural(received, "message")} in ${showSeconds(seconds)} (${rate}/s): ${plural(rows, "event")}, ${plural(deadLetters, "dead letter")}${leftOut}.\n`,
  );
}
