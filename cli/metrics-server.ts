import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HealthReport, IngestMetrics } from "../ingest/index.ts";
import { CommandFailure } from "./errors.ts";

/** What the server tells, and where. */
export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: IngestMetrics;
  /** Undefined while the worker starts. */
  readonly health: () => HealthReport | undefined;
}

/** A running server of `/healthz` and `/metrics`. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/healthz` (a HealthReport as JSON, with status 200 or 503) and `/metrics` (Prometheus exposition format).
 * @throws CommandFailure if the port is taken
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? "/", response, options).catch((error: unknown) => {
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

async function answer(path: string, response: ServerResponse, { metrics, health }: MetricsServerOptions): Promise<void> {
  if (path === "/metrics") {
    response.writeHead(200, { "content-type": metrics.registry.contentType }).end(await metrics.registry.metrics());
  } else if (path === "/healthz") {
    const report = health();
    response.writeHead(report?.ok ? 200 : 503, { "content-type": "application/json" }).end(`${JSON.stringify(report ?? { ok: false })}\n`);
  } else {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("There are /healthz and /metrics.\n");
  }
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
