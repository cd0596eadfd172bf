export type { BehaviourAnswer, BehaviourRequest } from "./behaviour/behaviour-request.ts";
export type { EventSelector, SelectedEvent } from "./behaviour/event-selector.ts";
export { funnel } from "./behaviour/funnel.ts";
export type { FunnelAnswer, FunnelGroup, FunnelRequest, FunnelStep, TimeToConvert } from "./behaviour/funnel-request.ts";
export { lifecycle, type LifecycleAnswer, type LifecycleRequest, type LifecycleRow } from "./behaviour/lifecycle.ts";
export { paths, type PathRow, type PathsAnswer, type PathsRequest } from "./behaviour/paths.ts";
export type { Period } from "./behaviour/periods.ts";
export { retention, type RetentionAnswer, type RetentionCohort, type RetentionRequest } from "./behaviour/retention.ts";
export { sessions } from "./behaviour/sessions.ts";
export type { SessionsAnswer, SessionsRequest, Spread, SpreadClass } from "./behaviour/sessions-request.ts";
export {
  entityHistory,
  type EntityHistory,
  type EntityHistoryRequest,
  type HistoryCursor,
  type HistoryEvent,
} from "./entity/entity-history.ts";
export { recentEntities, type RecentEntity } from "./entity/recent-entities.ts";
export { eventExtent, type EventExtent } from "./event-extent.ts";
export { auditTrainingSet, type AuditRequest, type TrainingAudit } from "./features/audit-training-set.ts";
export { buildSplitTrainingSet, buildTrainingSet, type TrainingSet, type TrainingSetRequest } from "./features/build-training-set.ts";
export type { ValueDifference } from "./features/compare-rows.ts";
export { explainFeature, type ExplainAnswer, type ExplainRequest, type FeatureExplanation } from "./features/explain-feature.ts";
export type { ExplainedEvent, ExplainedEvents, ExplainedGroup, LeftOutReason } from "./features/explained-events.ts";
export { featureParity, type OnlinePath, type ParityDifference, type ParityReport, type ParityRequest } from "./features/feature-parity.ts";
export { getFeatures, getFeaturesFile, type OnlineAnswer, type OnlineRequest, type OnlineRow } from "./features/get-features.ts";
export { findFeatureSet } from "./features/training-rows.ts";
export { serveFeatures, type FeatureServing, type ServingOptions } from "./features/serve-features.ts";
export { MOST_ENTITIES, type OnlineEntity } from "./features/online-entities.ts";
export { diffTrainingSets, type TrainingDifference } from "./features/diff-training-sets.ts";
export { driftOfFeatures, type DriftAnswer, type DriftRequest } from "./features/drift-of-features.ts";
export { keepDrift } from "./features/keep-drift.ts";
export { DRIFT_BOUNDS, type DriftBin, type DriftVerdict, type FeatureDrift, type BeforeAndNow } from "./features/measure-drift.ts";
export type { PopulationStability } from "./features/population-stability.ts";
export type { SpineEvents } from "./features/events-source.ts";
export type { PassPlan, PlanChoice } from "./features/plan.ts";
export { readManifest, type FeatureStatistics, type Manifest } from "./features/manifest.ts";
export type { Spine, SpineFile, SpineFormat, SpineRow, SpineRows } from "./features/spine-source.ts";
export type { SpineQuery } from "./features/query-source.ts";
export type { Split } from "./features/split.ts";
export type { OnStep } from "./features/training-rows.ts";
export { verifyTrainingSet, type TrainingVerdict, type VerifyRequest } from "./features/verify-training-set.ts";
export { manifestPath, type TrainingFormat } from "./features/training-file.ts";
export type { AsOf } from "./as-of.ts";
export type { DimensionValue, FieldCondition, Filter } from "../model/index.ts";
export type { Moment } from "./resolve-moment.ts";
export { ingestHealth, type IngestBucket, type IngestCounts, type IngestHealth, type IngestHealthRequest } from "./health/ingest-health.ts";
export { ledgerFaultsSql } from "./health/ledger-faults.ts";
export { asOfJoin, type AsOfJoinAnswer, type AsOfJoinRequest, type AsOfJoinRow } from "./market/as-of-join.ts";
export { candles } from "./market/candles.ts";
export type { Candle, CandlesAnswer, CandlesRequest, MarketRequest } from "./market/market-request.ts";
export { adviseName } from "../model/index.ts";
export { QueryError } from "./query-error.ts";
export type { RangeRequest } from "./resolve-range.ts";
export { arrowToParquet } from "./sql/arrow-to-parquet.ts";
export { defineQuery, type QueryOptions, type SavedEvent } from "./saved/define-query.ts";
export { isQuestionKind, QUESTION_KINDS, type QuestionAnswer, type QuestionKind, type QuestionRequest } from "./saved/question-calls.ts";
export { panelQuestion, panelTop } from "./saved/panel-question.ts";
export { removeWatermark } from "./saved-watermarks/remove-watermark.ts";
export { saveWatermark, type SaveOptions } from "./saved-watermarks/save-watermark.ts";
export { findSavedWatermark, savedWatermarks, type SavedWatermark } from "./saved-watermarks/saved-watermarks.ts";
export { queryProblem } from "./saved/query-problem.ts";
export { ask, findQuery, runQuery, savedRequest, type RunOptions } from "./saved/run-query.ts";
export { anomalies, type AnomaliesAnswer, type AnomaliesRequest, type AnomalySeries } from "./signals/anomalies.ts";
export type { BackTest } from "./signals/back-test.ts";
export { changes, type ChangesAnswer, type ChangeSeries, type ChangesRequest } from "./signals/changes.ts";
export type { Change } from "./signals/find-changes.ts";
export { forecast, type ForecastAnswer, type ForecastedSeries, type ForecastRequest } from "./signals/forecast.ts";
export type { ForecastMethodName } from "./signals/forecast-methods.ts";
export type { ForecastPoint, SeriesForecast } from "./signals/forecast-series.ts";
export type { JudgedPoint, Verdict } from "./signals/judge-series.ts";
export { movers, type MoversAnswer, type MoversRequest } from "./signals/movers.ts";
export type { GroupPair, Mover } from "./signals/rank-movers.ts";
export {
  seasonality,
  type SeasonalitySeries,
  type SeasonalPeriod,
  type SeasonalityAnswer,
  type SeasonalityRequest,
} from "./signals/seasonality.ts";
export type { SeasonName } from "./signals/season.ts";
export type { FoundSeason, SeasonChoice } from "./signals/signal-options.ts";
export type { SignalAnswer, SignalPoint, SignalRequest, SignalSeries } from "./signals/signal-series.ts";
export { adHoc, type AdHocRequest } from "./sql/ad-hoc.ts";
export { columnsOf, type RowsAnswer } from "./tables/columns-of.ts";
export { toArrow } from "./tables/to-arrow.ts";
export { compareRollup, type RollupComparison, type RollupDifference } from "./trends/compare-rollup.ts";
export { explainTrend } from "./trends/explain-trend.ts";
export type { ExplainedPart, OtherSource, ReadEstimate, TrendExplanation } from "./trends/trend-explanation.ts";
export { trend } from "./trends/trend.ts";
export type {
  AnsweredMetric,
  BucketState,
  Compared,
  SeriesRef,
  TrendAnswer,
  TrendRow,
  TrendSource,
  TrendTotal,
  TrendValue,
  TrendValues,
} from "./trends/trend-answer.ts";
export type { Fill, MetricRef, Transform, TrendRequest, Window } from "./trends/trend-request.ts";
export { ingestedUntilSql, readWatermark } from "./watermark.ts";
export { CANDLE_COLUMNS, panelCandlesSql, panelInstrumentsSql } from "./written/panel-candles.ts";
export { panelFunnelSql } from "./written/panel-funnel.ts";
export { PANEL_PERIODS, panelRetentionSql } from "./written/panel-retention.ts";
export { rollupFilterSql } from "./written/rollup-filter.ts";
export { wholeRollupSql } from "./trends/plan.ts";
export { revisions } from "./revisions/revisions.ts";
export type { RevisionAnswer, RevisionRequest, RevisionRow } from "./revisions/revision-request.ts";
