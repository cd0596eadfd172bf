export type { HealthReport } from "./health.ts";
export type { Logger } from "./logger.ts";
export { createIngestMetrics, type IngestMetrics, type LaneState } from "./metrics.ts";
export { runIngest, startIngest, type IngestOptions, type IngestRun } from "./run-ingest.ts";
