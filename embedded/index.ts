/** Servers for a laptop and for the tests: NATS with JetStream, and ClickHouse behind its HTTP interface. */
export type { RunningServer } from "./running-server.ts";
export { startNats } from "./nats/start-nats.ts";
export { startClickHouse } from "./clickhouse/start-clickhouse.ts";
