import {
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type DashboardBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Project } from "../model/index.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { frame } from "./frame.ts";
import { PIPELINE_HEALTH } from "./frames.ts";
import { healthSql, type HealthSql } from "./health-sql.ts";
import { GROUP_VALUE, statPanel, tablePanel, trendPanel } from "./panels.ts";

/** Seconds from JetStream's store time of a batch's first message to the moment the batch was in ClickHouse. */
const OLDEST_WAITED = "(toUnixTimestamp64Micro(inserted_at) - toUnixTimestamp64Micro(stored_from)) / 1e6";
/** The same of its last message. */
const NEWEST_WAITED = "(toUnixTimestamp64Micro(inserted_at) - toUnixTimestamp64Micro(stored_to)) / 1e6";

/** What the age of the newest message cannot tell. */
const LAG =
  "It grows while a worker stands still, and while a stream is quiet: how many messages wait is known to NATS alone, and shown by hydrograph lag and the worker's metric hydrograph_lag_messages.";

/** One dashboard of how ingest is doing, from the tables that ingest writes. */
export function pipelineHealth(project: Project): DashboardBuilder {
  const sql = healthSql(project);
  const dashboard = frame(project, PIPELINE_HEALTH).withVariable(streamVariable(sql));
  numbers(dashboard.withRow(new RowBuilder("In this range")), sql);
  flow(dashboard.withRow(new RowBuilder("Flow")), sql);
  deadLetters(dashboard.withRow(new RowBuilder("Dead letters")), sql);
  tables(dashboard.withRow(new RowBuilder("Ledger and tables")), sql);
  return dashboard;
}

function streamVariable(sql: HealthSql): QueryVariableBuilder {
  return new QueryVariableBuilder("stream")
    .label("Stream")
    .description("JetStream streams with at least one batch in the ledger.")
    .datasource(DATASOURCE)
    .query({ refId: "A", queryType: "sql", rawSql: sql.streams })
    .definition(sql.streams)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allowCustomValue(false)
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}

function numbers(dashboard: DashboardBuilder, sql: HealthSql): void {
  const number = (title: string, description: string, expression: string, bad?: readonly [number, number], unit = "short"): void => {
    dashboard.withPanel(statPanel({ title, description, unit, sql: sql.number(expression), span: 3, ...(bad ? { bad } : {}) }));
  };
  number("Events", "Rows added to events by the batches of this range.", "sum(event_rows)");
  dashboard.withPanel(
    statPanel({
      title: "Newest message",
      description: `How long ago JetStream stored the newest message that is in ClickHouse, now, of the project's stream where that is longest; no data = of some stream nothing is. ${LAG}`,
      unit: "s",
      sql: sql.age,
      span: 3,
    }),
  );
  number(
    "Newest delay",
    "From store to insert, for the last message of the newest batch of this range: how far behind the worker was when it last wrote.",
    `if(countIf(received > 0) = 0, NULL, argMaxIf(${NEWEST_WAITED}, inserted_at, received > 0))`,
    [60, 600],
    "s",
  );
  number(
    "Delay (p95)",
    "From store to insert, for the first message of a batch: 95 of 100 batches were faster. High while history is imported or a backlog is worked off.",
    `if(countIf(received > 0) = 0, NULL, quantileIf(0.95)(${OLDEST_WAITED}, received > 0))`,
    [60, 600],
    "s",
  );
  number(
    "Dead letters",
    "Messages set aside when their batch went in, whatever became of them; what is open is below. Nothing is lost: the bytes are in dead_letters.",
    "sum(dead_letter_rows)",
    [1, 1_000],
  );
  number("Duplicates", "Messages that held nothing but events already known; not an error.", "sum(duplicates)");
  number(
    "Missing",
    "Sequences that the stream no longer had when they were read: deleted or expired before ingest. Raise the stream's limits if this grows.",
    "sum(missing)",
    [1, 1],
  );
  dashboard.withPanel(
    statPanel({
      title: "Ledger faults",
      description: "Batches that leave a gap or overlap, or whose counts do not add up; the list is below. Run `hydrograph verify`.",
      unit: "short",
      sql: sql.faults.number,
      span: 3,
      bad: [1, 1],
    }),
  );
}

function flow(dashboard: DashboardBuilder, sql: HealthSql): void {
  dashboard
    .withPanel(
      trendPanel({
        title: "Events per second",
        description: "Rows added to events, by stream.",
        unit: "rowsps",
        sql: sql.batches([{ name: GROUP_VALUE, expression: "sum(event_rows)", empty: 0, perSecond: true }], "stream"),
        span: 12,
        values: [GROUP_VALUE],
        grouped: true,
        additive: true,
      }),
    )
    .withPanel(
      trendPanel({
        title: "Delay from store to insert",
        description: "How long messages waited: the first of the slowest batch, and the last of the median batch. Idle buckets are empty.",
        unit: "s",
        sql: sql.batches([
          { name: "slowest", expression: `maxOrNullIf(${OLDEST_WAITED}, received > 0)`, empty: null },
          { name: "median", expression: `quantileExactOrNullIf(0.5)(${NEWEST_WAITED}, received > 0)`, empty: null },
        ]),
        span: 12,
        values: ["slowest", "median"],
        grouped: false,
        additive: false,
      }),
    )
    .withPanel(
      trendPanel({
        title: "Messages by outcome",
        description: "Every message ends as one of these; missing ones were gone from the stream before they were read.",
        unit: "short",
        sql: sql.batches(
          ["inserted", "dead_lettered", "duplicates", "missing"].map((name) => ({ name, expression: `sum(${name})`, empty: 0 })),
        ),
        span: 12,
        values: ["inserted", "dead_lettered", "duplicates", "missing"],
        grouped: false,
        additive: true,
      }),
    )
    .withPanel(
      trendPanel({
        title: "Events by type",
        description: "Rows of events by CloudEvents type, by JetStream's store time.",
        unit: "short",
        sql: sql.stored("events", "type", GROUP_VALUE),
        span: 12,
        values: [GROUP_VALUE],
        grouped: true,
        additive: true,
      }),
    );
  batchPanels(dashboard, sql);
}

function batchPanels(dashboard: DashboardBuilder, sql: HealthSql): void {
  dashboard
    .withPanel(
      trendPanel({
        title: "Batch size",
        description: "Rows of events a batch. Small batches under load mean many parts: raise batchAge.",
        unit: "short",
        sql: sql.batches([
          { name: "largest", expression: "toFloat64(max(event_rows))", empty: null },
          { name: "mean", expression: "avg(event_rows)", empty: null },
        ]),
        span: 12,
        values: ["largest", "mean"],
        grouped: false,
        additive: false,
      }),
    )
    .withPanel(
      trendPanel({
        title: "Committed sequence",
        description:
          "The last sequence of each stream that is in ClickHouse. A flat line is an idle stream or a stalled lane: `hydrograph lag` tells which.",
        unit: "none",
        sql: sql.batches([{ name: GROUP_VALUE, expression: "argMax(last, (epoch, last))", empty: null }], "stream"),
        span: 12,
        values: [GROUP_VALUE],
        grouped: true,
        additive: false,
      }),
    );
}

function deadLetters(dashboard: DashboardBuilder, sql: HealthSql): void {
  dashboard
    .withPanel(
      trendPanel({
        title: "Open dead letters by reason",
        description: "Messages set aside and neither replayed nor discarded, by JetStream's store time.",
        unit: "short",
        sql: sql.stored("dead_letters", "reason", GROUP_VALUE),
        span: 8,
        values: [GROUP_VALUE],
        grouped: true,
        additive: true,
      }),
    )
    .withPanel(
      tablePanel(
        {
          title: "Open dead letters",
          description:
            "Newest first, without contents. To see one: `hydrograph dlq show`; to put in what a mended config decodes: `hydrograph dlq replay`.",
          unit: "none",
          sql: sql.deadLetters,
          span: 16,
        },
        { bytes: "bytes" },
      ),
    );
}

function tables(dashboard: DashboardBuilder, sql: HealthSql): void {
  const panel = (title: string, description: string, query: string, units: Readonly<Record<string, string>> = {}): void => {
    dashboard.withPanel(tablePanel({ title, description, unit: "none", sql: query, span: 12 }, units));
  };
  panel(
    "Lanes",
    `How far each stream is in ClickHouse, whatever the range. Age: of the newest message ingested; delay: from its store to its insert. ${LAG}`,
    sql.lanes,
    { age: "s", delay: "s" },
  );
  panel("Ledger faults", "Batches of this range that leave a gap or overlap, or whose counts do not add up.", sql.faults.latest);
  panel(
    "Rollups",
    "A rollup without the whole history was made after events had come: the overview and `hydrograph trend` read the raw events of its metric instead.",
    sql.rollups,
  );
  panel("Tables on disk", "Active parts: hundreds in one partition mean inserts come faster than merges.", sql.parts, {
    bytes: "bytes",
    total_rows: "short",
  });
}
