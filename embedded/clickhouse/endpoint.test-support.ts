import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll } from "vitest";
import type { RunningServer } from "../running-server.ts";
import { startClickHouse } from "./start-clickhouse.ts";
import type { StartClickHouseOptions } from "./start-clickhouse.ts";

/** A server of its own for one test file, stopped and removed afterwards. */
export interface TestEndpoint {
  server: RunningServer;
  client: ClickHouseClient;
  directory: string;
}

/** Starts an endpoint on a temporary folder before the tests of the calling file and takes it away after them. */
export function useEndpoint(options: Partial<StartClickHouseOptions> = {}): TestEndpoint {
  const endpoint = {} as TestEndpoint;
  beforeAll(async () => {
    endpoint.directory = await mkdtemp(join(tmpdir(), "hydrograph-clickhouse-"));
    endpoint.server = await startClickHouse({ ...options, dataDir: endpoint.directory });
    endpoint.client = quietClient(endpoint.server.url, options.password === undefined ? {} : { password: options.password });
  });
  afterAll(async () => {
    await endpoint.client.close();
    await endpoint.server.stop();
    await rm(endpoint.directory, { recursive: true, force: true });
  });
  return endpoint;
}

/** A client that does not print the errors that tests provoke. */
export function quietClient(url: string, options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
  return createClient({ url, ...options, log: { level: ClickHouseLogLevel.OFF } });
}

/** One raw HTTP exchange; `body` absent means GET. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** Sends a request without any ClickHouse client in between. */
export function exchange(
  url: string,
  body?: string | Buffer,
  headers: OutgoingHttpHeaders = {},
  method = body === undefined ? "GET" : "POST",
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("error", reject);
      message.on("end", () => {
        const all = Buffer.concat(chunks);
        resolve({ status: message.statusCode ?? 0, headers: message.headers, body: all, text: all.toString("utf8") });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Runs a query and gives its rows. */
export async function rows<T = Record<string, unknown>>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
  clickhouse_settings: Record<string, string> = {},
): Promise<T[]> {
  const result = await client.query({ query, query_params, clickhouse_settings, format: "JSONEachRow" });
  return result.json<T>();
}

/** How many statements with a text in them are running. */
export async function processes({ client }: TestEndpoint, fragment: string): Promise<number> {
  const found = await rows<{ n: number }>(
    client,
    "SELECT count() AS n FROM system.processes WHERE position(query, {fragment:String}) > 0 AND query NOT LIKE '%system.processes%'",
    { fragment },
  );
  return Number(found[0]?.n);
}

/** A statement that does not end by itself; its text holds a name. */
export function endless(name: string): string {
  return `SELECT sum(number) AS ${name} FROM numbers(1000000000000) SETTINGS max_threads = 1`;
}
