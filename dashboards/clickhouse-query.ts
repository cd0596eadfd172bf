import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";

/** Version of the data source plugin whose query model this is, and which docker-compose.yml installs. */
const PLUGIN_VERSION = "4.20.0";

/** The data source every panel reads: the one chosen at the top of the dashboard. */
export const DATASOURCE = { type: "grafana-clickhouse-datasource", uid: "${datasource}" } as const;

/** How the plugin turns rows into frames: 0 makes one series for each value of the text columns (rows must ascend in time), 1 leaves them a table. */
const FORMATS = { series: 0, table: 1 } as const;

/** A query of the ClickHouse data source, for which the SDK has no builder. Source: the plugin's src/types/sql.ts at 4.20.0. */
export interface ClickHouseQuery extends Dataquery {
  readonly refId: string;
  readonly datasource: typeof DATASOURCE;
  readonly pluginVersion: string;
  readonly editorType: "sql";
  readonly rawSql: string;
  readonly format: 0 | 1;
  readonly queryType: "timeseries" | "table";
}

/** The one query of a panel or annotation. */
export function clickHouseQuery(rawSql: string, format: keyof typeof FORMATS): Builder<Dataquery> {
  const query = {
    refId: "A",
    datasource: DATASOURCE,
    pluginVersion: PLUGIN_VERSION,
    editorType: "sql",
    rawSql,
    format: FORMATS[format],
    queryType: format === "series" ? "timeseries" : "table",
  };
  return { build: () => query as unknown as ClickHouseQuery };
}
