import type { LaneStatus } from "../../ingest/index.ts";
import { eventExtent, readWatermark, recentEntities, savedWatermarks } from "../../queries/index.ts";
import { describeSets } from "../describe-sets.ts";
import { describeMetrics, describeProject } from "./describe-project.ts";
import type { Asked } from "./question.ts";

/** What can be read of the system itself. */
export interface Reading {
  readonly summary: string;
  readonly read: (sources: Asked & { readonly lanes: () => Promise<readonly LaneStatus[]> }) => Promise<unknown>;
}

/** The readings, by their paths below `/v1/`. */
export const READINGS: Readonly<Record<string, Reading>> = {
  watermark: { summary: "How far each stream of the log is in ClickHouse", read: ({ clickhouse }) => readWatermark(clickhouse) },
  watermarks: {
    summary: 'The watermarks that were saved under a name, which "asOf" takes',
    read: ({ clickhouse }) => savedWatermarks(clickhouse),
  },
  status: {
    summary: "What each lane does; what nobody knows is null",
    read: async ({ lanes }) => (await lanes()).map(withNulls),
  },
  queries: { summary: "The questions that the project has saved", read: ({ project }) => Promise.resolve(project.queries) },
  metrics: {
    summary: "The metrics of the project, and the dimensions of each",
    read: async ({ project }) => describeMetrics(project),
  },
  project: {
    summary: "The project: its zone, streams, kinds of event, metrics and dashboards",
    read: async ({ project }) => describeProject(project),
  },
  features: {
    summary: "The feature sets of the project, and the features of each",
    read: async ({ project }) => describeSets(project.features),
  },
  extent: { summary: "Event times of the first and the last event", read: ({ clickhouse }) => eventExtent(clickhouse) },
  entities: { summary: "Entities that something happened to lately", read: ({ clickhouse }) => recentEntities(clickhouse) },
};

/** JSON leaves out what is undefined; unknown must be seen. */
function withNulls(lane: LaneStatus): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lane).map(([key, value]) => [key, value ?? null]));
}
