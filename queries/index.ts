export { buildTrainingSet, type TrainingSet, type TrainingSetRequest } from "./features/build-training-set.ts";
export { readManifest, type Manifest } from "./features/manifest.ts";
export type { Spine, SpineFile, SpineFormat, SpineRow, SpineRows } from "./features/spine-source.ts";
export { manifestPath, type TrainingFormat } from "./features/training-file.ts";
export { QueryError } from "./query-error.ts";
export { arrowToParquet } from "./sql/arrow-to-parquet.ts";
export { adHoc, type AdHocRequest } from "./sql/ad-hoc.ts";
export { trend } from "./trends/trend.ts";
export type {
  BucketState,
  DimensionValue,
  Fill,
  Moment,
  TrendAnswer,
  TrendRequest,
  TrendRow,
  TrendSource,
} from "./trends/trend-request.ts";
export { ingestedUntilSql } from "./watermark.ts";
export { wholeRollupSql } from "./trends/plan.ts";
export { revisions } from "./revisions/revisions.ts";
export type { RevisionAnswer, RevisionRequest, RevisionRow } from "./revisions/revision-request.ts";
