import { laneStatus, type LaneStatus } from "../../ingest/index.ts";
import { caughtUpAt } from "../ingested-until.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Resources } from "../servers.ts";
import { createApp } from "./create-app.ts";
import { readPage } from "./page.ts";
import { FRESH_MS, shared } from "./shared.ts";
import { startServer, startServerNear, type ListeningServer } from "./start-server.ts";

/** Where the page is found unless told. */
export const PAGE_PORT = 8_080;

/** Two pages at once, and questions that were given up and are not dead yet. */
const MOST_QUESTIONS = 8;
const MOST_SECONDS = 30;

/**
 * Serves the live page and the HTTP API of the servers of this process, to this machine alone.
 * @param port without one it is {@link PAGE_PORT}, or a free one if that is taken
 */
export async function startLivePage(
  { clickhouse, jetstream, project }: Resources,
  terminal: Terminal,
  port: number | undefined,
): Promise<ListeningServer> {
  const lanes = (): Promise<readonly LaneStatus[]> => laneStatus({ project, clickhouse, jetstream });
  const app = createApp({
    clickhouse,
    project,
    ingestedUntil: shared(() => caughtUpAt(lanes), FRESH_MS),
    lanes,
    sql: true,
    page: await readPage(),
    token: undefined,
    maxConcurrent: MOST_QUESTIONS,
    maxSeconds: MOST_SECONDS,
    onUnexpected: (error) => terminal.note(`hydrograph: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  const here = { host: "127.0.0.1", flag: "--page-port" } as const;
  return port === undefined ? startServerNear(app, { ...here, port: PAGE_PORT }) : startServer(app, { ...here, port });
}
