import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HealthReport, IngestMetrics, ReadinessReport } from "../ingest/index.ts";
import { CommandFailure } from "./errors.ts";

/** What the server tells, and where. */
export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: IngestMetrics;
  /** Undefined while the worker starts. */
  readonly health: () => HealthReport | undefined;
  /** Undefined while the worker starts. */
  readonly readiness: () => Promise<ReadinessReport> | undefined;
}

/** A running server of `/livez`, `/readyz`, `/healthz` and `/metrics`. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves, as JSON with status 200 or 503:
 * - `/livez`: the process lives. It is the event loop that answers: one that is blocked does not, and is to be killed.
 * - `/readyz`: a ReadinessReport: both servers answer, and no lane is paused.
 * - `/healthz`: a HealthReport: what the worker knows of itself.
 *
 * and `/metrics` (Prometheus exposition format).
 * @throws CommandFailure if the port is taken
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const readiness = sharedFor(READY_FOR_MS, options.readiness);
  const server = createServer((request, response) => {
    answer(request.url ?? "/", response, { ...options, readiness }).catch((error: unknown) => {
      response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** However many probes ask, the servers are asked once a second. */
const READY_FOR_MS = 1_000;

/** Hands the same answer to all who ask within so many milliseconds; no answer is not kept. */
function sharedFor<Answer>(ms: number, ask: () => Promise<Answer> | undefined): () => Promise<Answer> | undefined {
  let last: { answer: Promise<Answer>; at: number } | undefined;
  return () => {
    if (last && performance.now() - last.at < ms) return last.answer;
    const fresh = ask();
    last = fresh && { answer: fresh, at: performance.now() };
    return fresh;
  };
}

async function answer(path: string, response: ServerResponse, { metrics, health, readiness }: MetricsServerOptions): Promise<void> {
  if (path === "/livez") {
    const live = { ok: true, uptimeSeconds: Math.round(process.uptime()) };
    sendReport(response, live);
  } else if (path === "/readyz") {
    sendReport(response, await readiness());
  } else if (path === "/metrics") {
    response.writeHead(200, { "content-type": metrics.registry.contentType }).end(await metrics.registry.metrics());
  } else if (path === "/healthz") {
    sendReport(response, health());
  } else {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("There are /livez, /readyz, /healthz and /metrics.\n");
  }
}

/** @param report undefined while there is nothing to tell yet */
function sendReport(response: ServerResponse, report: { readonly ok: boolean } | undefined): void {
  response.writeHead(report?.ok ? 200 : 503, { "content-type": "application/json" }).end(`${JSON.stringify(report ?? { ok: false })}\n`);
}

function listen(server: Server, { host, port }: MetricsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const reason = taken
        ? `port ${port} on ${host} is already in use: set HYDROGRAPH_METRICS_PORT to another, or to 0 for none`
        : error.message;
      reject(new CommandFailure(`Cannot serve /metrics: ${reason}.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}
