export { locateData } from "./decode/locate-data.ts";
export { discardDeadLetters, type DiscardOptions } from "./dead-letters/discard-letters.ts";
export type { DeadLetterFilter, DeadLetterState } from "./dead-letters/letter-filter.ts";
export {
  countDeadLetters,
  exportDeadLetters,
  listDeadLetters,
  type DeadLetter,
  type DeadLetterGroup,
  type DeadLetterListing,
} from "./dead-letters/list-letters.ts";
export { readDeadLetter, type SetAsideMessage } from "./dead-letters/read-letter.ts";
export { replayDeadLetters, type ReplayOptions } from "./dead-letters/replay-letters.ts";
export type { ReplayReport, StillRefused } from "./dead-letters/replay-tally.ts";
export type { HealthReport } from "./health.ts";
export type { Lag } from "./lag.ts";
export { laneStatus, type LaneStatus, type LaneStatusOptions } from "./lane-status.ts";
export type { Logger } from "./logger.ts";
export type { ReadinessReport } from "./readiness.ts";
export { createIngestMetrics, type IngestMetrics, type LaneState } from "./metrics.ts";
export { checkContinuation, createReplayDatabase, replayDatabaseExists } from "./replay/replay-database.ts";
export { resolveRanges, type ReplayEnd, type ReplayRange } from "./replay/resolve-ranges.ts";
export { switchDatabases } from "./replay/switch-databases.ts";
export type { SequenceRange } from "./lane/lane-context.ts";
export { runIngest, startIngest, type IngestOptions, type IngestRun } from "./run-ingest.ts";
export type { LedgerTotals } from "./verify/check-ledger.ts";
export type { LogCheck } from "./verify/check-log.ts";
export type { TableCheck } from "./verify/check-tables.ts";
export type { LedgerProblem } from "./verify/finding.ts";
export { verify, type VerifyOptions, type VerifyReport } from "./verify/verify.ts";
export type { LaneReport } from "./verify/verify-lane.ts";
