export { buildTrainingSet, type TrainingSet, type TrainingSetRequest } from "./features/build-training-set.ts";
export { readManifest, type Manifest } from "./features/manifest.ts";
export type { Spine, SpineFile, SpineFormat, SpineRow, SpineRows } from "./features/spine-source.ts";
export { manifestPath, type TrainingFormat } from "./features/training-file.ts";
export type { AsOf } from "./as-of.ts";
export type { DimensionValue, FieldCondition, Filter } from "./filter/filter.ts";
export type { Moment } from "./resolve-moment.ts";
export { QueryError } from "./query-error.ts";
export { arrowToParquet } from "./sql/arrow-to-parquet.ts";
export { adHoc, type AdHocRequest } from "./sql/ad-hoc.ts";
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
export { ingestedUntilSql } from "./watermark.ts";
export { wholeRollupSql } from "./trends/plan.ts";
