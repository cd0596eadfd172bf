// What a hydrograph.config.ts declares.
export {
  avg,
  count,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  first,
  last,
  max,
  min,
  quantiles,
  sum,
  uniq,
  type CloudEvent,
  type EventDefinition,
  type Feature,
  type FeatureSet,
  type IngestLimits,
  type Measure,
  type Metric,
  type Project,
  type StreamDefinition,
  type Watermark,
} from "./model/index.ts";
// Asking from a program: trends, ad-hoc SQL, training sets.
export { connectClickHouse, ClickHouseFailure, type ClickHouse, type ClickHouseOptions } from "./clickhouse/index.ts";
export {
  adHoc,
  buildTrainingSet,
  QueryError,
  readManifest,
  trend,
  type AdHocRequest,
  type Manifest,
  type Spine,
  type TrainingSet,
  type TrainingSetRequest,
  type TrendAnswer,
  type TrendRequest,
} from "./queries/index.ts";
// Publishing and ingesting from a program.
export { connectJetStream, eventMessage, type JetStream, type OutgoingMessage, type PublishSummary } from "./jetstream/index.ts";
export {
  createIngestMetrics,
  laneStatus,
  runIngest,
  startIngest,
  verify,
  type IngestOptions,
  type LaneStatus,
  type VerifyReport,
} from "./ingest/index.ts";
export { applyPlan, migrationPlan, type MigrationPlan } from "./transforms/index.ts";
export { buildDashboards } from "./dashboards/index.ts";
