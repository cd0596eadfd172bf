import type { Hono } from "hono";
import { createApp, type AppOptions } from "./create-app.ts";

/** The API over a database, without a log, a page or a token, unless `more` says otherwise. */
export function testApp(sources: Pick<AppOptions, "clickhouse" | "project">, more: Partial<AppOptions> = {}): Hono {
  return createApp({
    ...sources,
    ingestedUntil: () => Promise.resolve(undefined),
    lanes: () => Promise.resolve([]),
    sql: true,
    page: [],
    token: undefined,
    maxConcurrent: 2,
    maxSeconds: 20,
    onUnexpected: () => {},
    ...more,
  });
}
