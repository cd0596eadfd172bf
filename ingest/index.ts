export { scanJson } from "./decode/scan-json.ts";
export type { HealthReport } from "./health.ts";
export { laneStatus, type LaneStatus, type LaneStatusOptions } from "./lane-status.ts";
export type { Logger } from "./logger.ts";
export { createIngestMetrics, type IngestMetrics, type LaneState } from "./metrics.ts";
export { runIngest, startIngest, type IngestOptions, type IngestRun } from "./run-ingest.ts";
export { verify, type VerifyOptions, type VerifyReport } from "./verify/verify.ts";
export type { LaneReport } from "./verify/verify-lane.ts";
