import { Command } from "commander";
import { openClickHouse, openJetStream } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { startMetricsServer, type MetricsServer } from "../metrics-server.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { startWorker, watchUntilDone, type Worker } from "../worker.ts";

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
      "\nServes /healthz and /metrics on $HYDROGRAPH_HOST:$HYDROGRAPH_METRICS_PORT (127.0.0.1:9464; port 0 = off). Any number of\n" +
        "workers may run: each stream is read by one of them at a time.\n\nExamples:\n  hydrograph ingest\n  hydrograph ingest --until-caught-up --format json",
    )
    .action(act(ingest));
}

async function ingest(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { signal, terminal } = invocation;
  const jetstream = await openJetStream(invocation, config);
  const clickhouse = await openClickHouse(invocation, config).catch(async (error: unknown) => {
    await jetstream.close();
    throw error;
  });
  const started = performance.now();
  let server: MetricsServer | undefined;
  const stop = new AbortController();
  try {
    const worker = await startWorker({
      project: config.project,
      jetstream,
      clickhouse,
      terminal,
      logLevel: logLevelOf(invocation, flags),
      signal: AbortSignal.any([signal, stop.signal]),
      ...(flags.untilCaughtUp === true ? { until: "caught-up" } : {}),
    });
    server = await serveMetrics(invocation, worker).catch(async (error: unknown) => {
      stop.abort();
      await worker.done.catch(() => undefined);
      throw error;
    });
    await (flags.untilCaughtUp === true ? watchUntilDone(worker, terminal, undefined) : worker.done);
    await report(invocation, flags, worker, (performance.now() - started) / 1_000);
    return flags.untilCaughtUp === true && signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    await server?.close();
    await Promise.all([jetstream.close(), clickhouse.close()]);
  }
}

/** A run that ends by itself and is watched shows a bar; its log would stand in between. */
function logLevelOf({ flags: { verbose }, terminal }: Invocation, { untilCaughtUp }: Flags): "debug" | "info" | "warn" {
  if (verbose === true) return "debug";
  return untilCaughtUp === true && terminal.interactive ? "warn" : "info";
}

async function serveMetrics(
  { environment: { host, metricsPort }, terminal }: Invocation,
  worker: Worker,
): Promise<MetricsServer | undefined> {
  if (metricsPort === 0) return undefined;
  const server = await startMetricsServer({ host, port: metricsPort, metrics: worker.metrics, health: worker.health });
  if (terminal.interactive) terminal.note(`${server.url}/healthz and ${server.url}/metrics`);
  return server;
}

async function report({ terminal }: Invocation, flags: Flags, worker: Worker, seconds: number): Promise<void> {
  const { received, rows, deadLetters } = await worker.totals();
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify({ received, rows, deadLetters, seconds })}\n`);
    return;
  }
  const rate = showNumber(Math.round(received / seconds));
  await terminal.write(
    `Ingested ${plural(received, "message")} in ${showSeconds(seconds)} (${rate}/s): ${plural(rows, "event")}, ${plural(deadLetters, "dead letter")}.\n`,
  );
}
