export { buildTrainingSet, type TrainingSet, type TrainingSetRequest } from "./features/build-training-set.ts";
export { readManifest, type Manifest } from "./features/manifest.ts";
export type { Spine, SpineFile, SpineFormat, SpineRow, SpineRows } from "./features/spine-source.ts";
export { manifestPath, type TrainingFormat } from "./features/training-file.ts";
export { QueryError } from "./query-error.ts";
export { adHoc, type AdHocRequest } from "./sql/ad-hoc.ts";
export { trend } from "./trends/trend.ts";
export type { DimensionValue, Fill, TrendAnswer, TrendRequest, TrendRow } from "./trends/trend-request.ts";
