import { createHash } from "node:crypto";
import { durationMs, type DashboardDefinition, type DashboardGrain, type FeatureSet, type Project } from "../model/index.ts";
import type { DrawnMetric } from "./metric-values.ts";

/** What a dashboard has around its panels. */
export interface DashboardFrame {
  /** Names it among the dashboards of its project, and its file. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly refresh: string;
  readonly grain: DashboardGrain;
  /** IANA zone; undefined = the project's. */
  readonly timezone?: string;
  /** Tags beside those that all dashboards have. */
  readonly tags?: readonly string[];
}

/** What all dashboards that explore a metric have, so that one link finds them. */
export const EXPLORE_TAG = "explore";

/** All metrics of a project. */
export const OVERVIEW: DashboardFrame = {
  key: "overview",
  title: "overview",
  description: "Every metric of the project.",
  from: "now-30d",
  refresh: "1m",
  grain: "auto",
};
/** What became of every message. */
export const PIPELINE_HEALTH: DashboardFrame = {
  key: "pipeline-health",
  title: "pipeline health",
  description:
    "What became of every message of the log. Lag (what the log holds and ClickHouse does not yet) is known to NATS alone: run `hydrograph lag`, or watch the worker's /metrics.",
  from: "now-6h",
  refresh: "30s",
  grain: "auto",
};

/** One metric, by whatever is chosen. */
export function exploreFrame({ name }: DrawnMetric): DashboardFrame {
  return {
    key: `explore-${name.replaceAll("_", "-")}`,
    title: `explore ${name.replaceAll("_", " ")}`,
    description: `The metric ${name}: by any of its dimensions, filtered by their values, in any grain and zone.`,
    from: "now-30d",
    refresh: "1m",
    grain: "auto",
    tags: [EXPLORE_TAG],
  };
}

/** The frame of a dashboard that the project declares. */
export function ownFrame({ description, grain, name, range, timezone, title }: DashboardDefinition): DashboardFrame {
  return {
    key: name.replaceAll("_", "-"),
    title,
    description: description ?? `${title}, as the config declares it.`,
    from: `now-${durationMs(range) / 1_000}s`,
    refresh: "1m",
    grain,
    ...(timezone === undefined ? {} : { timezone }),
  };
}

/** Why panels about features are empty until somebody measures. */
export const KEPT =
  "Drawn at the end of the rows that were measured by hydrograph features drift --keep: run it every day, say; where nothing is drawn, nobody has.";

/** The frame of a feature set's dashboard. */
export function featureFrame({ name }: FeatureSet): DashboardFrame {
  return {
    key: `features-${name.replaceAll("_", "-")}`,
    title: `features of ${name}`,
    description: `How far the features of ${name} have moved from what a model was trained on: distribution, nulls, mean and PSI. ${KEPT}`,
    from: "now-30d",
    refresh: "5m",
    grain: "day",
  };
}

/** The dashboards of a project, in the order of their links. */
export function framesOf({ dashboards, features }: Project): readonly DashboardFrame[] {
  return [OVERVIEW, ...dashboards.map(ownFrame), ...features.map(featureFrame), PIPELINE_HEALTH];
}

/** Grafana allows 40 characters; a longer one ends in a hash of the whole. */
export function dashboardUid(project: Project, { key }: Pick<DashboardFrame, "key">): string {
  const uid = `hydrograph-${project.name.replaceAll("_", "-")}-${key}`;
  if (uid.length <= 40) return uid;
  return `${uid.slice(0, 31)}-${createHash("sha256").update(`${project.name} ${key}`).digest("hex").slice(0, 8)}`;
}

/** Whether a uid is one that dashboards of this project get; a copy that somebody makes in Grafana gets one of its own. */
export function isUidOf(project: Project, uid: string): boolean {
  return uid.startsWith(dashboardUid(project, { key: "" }).slice(0, 31));
}

/** "shop: overview". */
export function dashboardTitle(project: Project, { title }: DashboardFrame): string {
  return `${project.name}: ${title}`;
}
