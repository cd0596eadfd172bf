import type { LaneStatus } from "../../ingest/index.ts";
import { readWatermark } from "../../queries/index.ts";
import type { Asked } from "./questions.ts";

/** What can be read of the system itself. */
export interface Reading {
  readonly summary: string;
  readonly read: (sources: Asked & { readonly lanes: () => Promise<readonly LaneStatus[]> }) => Promise<unknown>;
}

/** The readings, by their paths below `/v1/`. */
export const READINGS: Readonly<Record<string, Reading>> = {
  watermark: { summary: "How far each stream of the log is in ClickHouse", read: ({ clickhouse }) => readWatermark(clickhouse) },
  status: {
    summary: "What each lane does; what nobody knows is null",
    read: async ({ lanes }) => (await lanes()).map(withNulls),
  },
  queries: { summary: "The questions that the project has saved", read: ({ project }) => Promise.resolve(project.queries) },
  metrics: {
    summary: "The metrics of the project, and the dimensions of each",
    read: async ({ project: { derived, metrics } }) => [
      ...metrics.map(({ name, description, dimensions, event, grain, unit }) => ({
        name,
        description,
        unit,
        event: event.type,
        dimensions,
        grain,
      })),
      ...derived.map(({ name, description, kind, unit }) => ({ name, description, unit, kind })),
    ],
  },
};

/** JSON leaves out what is undefined; unknown must be seen. */
function withNulls(lane: LaneStatus): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lane).map(([key, value]) => [key, value ?? null]));
}
