import { UsageError } from "../errors.ts";

/** What the program takes from environment variables; every one may be absent. */
export interface Environment {
  readonly natsUrl?: string;
  readonly natsUser?: string;
  readonly natsPassword?: string;
  readonly clickhouseUrl?: string;
  readonly clickhouseUser?: string;
  readonly clickhousePassword?: string;
  /** What whoever asks `hydrograph serve` must send. */
  readonly token?: string;
  /** Where Grafana is, and the token of a service account that may write dashboards there. */
  readonly grafanaUrl?: string;
  readonly grafanaToken?: string;
  /** Path of the config file. */
  readonly config?: string;
  /** Port of `/healthz` and `/metrics` while ingesting; 0 = none. */
  readonly metricsPort: number;
  /** Address that port binds to. */
  readonly host: string;
}

/** Default port of `/healthz` and `/metrics`. */
const METRICS_PORT = 9464;

/** Reads the variables `HYDROGRAPH_…`; an empty one counts as absent. @throws UsageError if one makes no sense */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const text = (name: string): string | undefined => variables[`HYDROGRAPH_${name}`]?.trim() || undefined;
  const optional = <Key extends string>(key: Key, name: string): { [K in Key]?: string } => {
    const value = text(name);
    return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string });
  };
  return {
    ...optional("natsUrl", "NATS_URL"),
    ...optional("natsUser", "NATS_USER"),
    ...optional("natsPassword", "NATS_PASSWORD"),
    ...optional("clickhouseUrl", "CLICKHOUSE_URL"),
    ...optional("clickhouseUser", "CLICKHOUSE_USER"),
    ...optional("clickhousePassword", "CLICKHOUSE_PASSWORD"),
    ...optional("token", "TOKEN"),
    ...optional("grafanaUrl", "GRAFANA_URL"),
    ...optional("grafanaToken", "GRAFANA_TOKEN"),
    ...optional("config", "CONFIG"),
    metricsPort: portOf(text("METRICS_PORT")),
    host: text("HOST") ?? "127.0.0.1",
  };
}

function portOf(text: string | undefined): number {
  if (text === undefined) return METRICS_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`HYDROGRAPH_METRICS_PORT must be a port from 0 to 65535 (0 = no metrics), not "${text}".`);
}
