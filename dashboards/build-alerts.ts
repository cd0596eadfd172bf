import { createHash } from "node:crypto";
import type { Metric, Project } from "../model/index.ts";
import { alertSql, oddHourSql } from "./alert-sql.ts";
import { dashboardUid, OVERVIEW, PIPELINE_HEALTH } from "./frames.ts";

/** A condition that somebody should hear of. */
export interface Alert {
  /** Short name, and the name of its page in docs/runbooks. */
  readonly runbook: "late" | "silent" | "dead-letters" | "ledger" | "missing" | "odd-hour";
  readonly title: string;
  /** What it means, as a sentence. */
  readonly summary: string;
  readonly severity: "critical" | "warning" | "info";
  readonly sql: string;
  /** It fires when the value is above this for so long. */
  readonly above: number;
  readonly minutes: number;
  /** Whether it waits to be turned on: what is odd is odd for some metrics only. */
  readonly paused: boolean;
}

/** The alerts of a project: five about its pipeline, and one for each metric that adds up by the hour. */
export function projectAlerts(project: Project): readonly Alert[] {
  return [...pipelineAlerts(project), ...project.metrics.flatMap((metric) => oddHourAlert(project, metric) ?? [])];
}

function pipelineAlerts(project: Project): readonly Alert[] {
  const sql = alertSql(project);
  const pipeline = { paused: false, minutes: 5 } as const;
  return [
    {
      ...pipeline,
      runbook: "late",
      title: "Events come in late",
      summary: "Messages wait for more than a minute before they can be queried.",
      severity: "warning",
      sql: sql.late,
      above: 60,
      minutes: 10,
    },
    {
      ...pipeline,
      runbook: "silent",
      title: "A stream is silent",
      summary: "Nothing of a stream was ingested for an hour: its producers, its worker or NATS stand still, or it is a quiet stream.",
      severity: "warning",
      sql: sql.silent,
      above: 3_600,
    },
    {
      ...pipeline,
      runbook: "dead-letters",
      title: "Many dead letters",
      summary: "More than one event of a hundred was set aside in the last 15 minutes: a producer sends what the config does not take.",
      severity: "warning",
      sql: sql.deadLetters,
      above: 0.01,
    },
    {
      ...pipeline,
      runbook: "ledger",
      title: "The ledger does not balance",
      summary: "Batches of the last day leave a gap, overlap, or do not add up: events may be lost or doubled.",
      severity: "critical",
      sql: sql.faults,
      above: 0,
      minutes: 0,
    },
    {
      ...pipeline,
      runbook: "missing",
      title: "Messages were gone before they were read",
      summary: "The stream deleted messages that nobody had ingested: history is lost.",
      severity: "critical",
      sql: sql.missing,
      above: 0,
      minutes: 0,
    },
  ];
}

function oddHourAlert(project: Project, metric: Metric): Alert | undefined {
  const sql = oddHourSql(project, metric);
  if (sql === undefined) return undefined;
  return {
    runbook: "odd-hour",
    title: `An odd hour of ${metric.name}`,
    summary: `The last whole hour of ${metric.name} is far from the same hour of the weeks before.`,
    severity: "info",
    sql,
    above: 5,
    minutes: 0,
    paused: true,
  };
}

/** Uid of the data source that deploy/grafana provisions: alerts know no variables. */
const DATASOURCE_UID = "clickhouse";
const EXPRESSION = "__expr__";
const MINUTE_MS = 60_000;

/**
 * The alert rules of a project as a file for Grafana's provisioning (JSON, which is YAML too): the same project gives the same bytes.
 * Source: https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/
 */
export function buildAlerts(project: Project): string {
  const rules = projectAlerts(project).map((alert) => ruleOf(project, alert));
  const group = { orgId: 1, name: `hydrograph ${project.name}`, folder: project.name, interval: "1m", rules };
  return `${JSON.stringify({ apiVersion: 1, groups: [group] }, null, 2)}\n`;
}

function ruleOf(project: Project, { above, minutes, paused, runbook, severity, sql, summary, title }: Alert): object {
  const isMetric = runbook === "odd-hour";
  return {
    uid: ruleUid(project, title),
    title: `${project.name}: ${title}`,
    condition: "C",
    data: [
      {
        refId: "A",
        relativeTimeRange: { from: 3_600, to: 0 },
        datasourceUid: DATASOURCE_UID,
        // Without an interval Grafana takes a second.
        model: { refId: "A", editorType: "sql", rawSql: sql, format: 1, queryType: "table", intervalMs: MINUTE_MS, maxDataPoints: 100 },
      },
      expression("B", { type: "reduce", expression: "A", reducer: "last", settings: { mode: "dropNN" } }),
      expression("C", { type: "threshold", expression: "B", conditions: [{ evaluator: { type: "gt", params: [above] } }] }),
    ],
    for: `${minutes}m`,
    noDataState: "NoData",
    execErrState: "Error",
    annotations: {
      summary,
      value: "{{ $values.B.Value }}",
      dashboard: `/d/${dashboardUid(project, isMetric ? OVERVIEW : PIPELINE_HEALTH)}`,
      runbook: `docs/runbooks/${runbook}.md`,
    },
    labels: { project: project.name, severity },
    isPaused: paused,
  };
}

function expression(refId: string, model: object): object {
  return { refId, relativeTimeRange: { from: 0, to: 0 }, datasourceUid: EXPRESSION, model: { refId, ...model } };
}

/** Grafana allows 40 characters. */
function ruleUid(project: Project, title: string): string {
  return `hydrograph-${createHash("sha256").update(`${project.name} ${title}`).digest("hex").slice(0, 24)}`;
}
