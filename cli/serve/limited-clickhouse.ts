import type { ClickHouse, Statement } from "../../clickhouse/index.ts";

/** ClickHouse for one request: each query ends with it, and within its time. @param signal aborts when the client leaves or the time is over */
export function limitedClickHouse(clickhouse: ClickHouse, seconds: number, signal: AbortSignal): ClickHouse {
  const limited = <S extends Statement>(statement: S): S => ({
    ...statement,
    signal,
    settings: {
      ...statement.settings,
      max_execution_time: seconds,
      timeout_overflow_mode: "throw",
      // ClickHouse goes on for nobody unless told: by default it does not look whether the client is there.
      cancel_http_readonly_queries_on_client_close: 1,
    },
  });
  return {
    ...clickhouse,
    rows: (statement) => clickhouse.rows(limited(statement)),
    bytes: (statement) => clickhouse.bytes(limited(statement)),
  };
}
