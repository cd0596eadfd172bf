export type { CloudEvent } from "./cloud-event.ts";
export { checkProject } from "./check-project.ts";
export {
  DASHBOARD_GRAINS,
  defineDashboard,
  type DashboardDefinition,
  type DashboardGrain,
  type DashboardOptions,
  type DashboardPanel,
  type DashboardRow,
  type FunnelPanel,
  type MoversPanel,
  type PanelEvent,
  type CandlesPanel,
  type RetentionPanel,
  type StatPanel,
  type TablePanel,
  type TopPanel,
  type TrendPanel,
} from "./dashboard.ts";
export {
  defineFormula,
  defineRatio,
  isDerived,
  partsOf,
  type DerivedMetric,
  type Formula,
  type FormulaOptions,
  type NumberMetric,
  type Ratio,
  type RatioOptions,
} from "./derived-metric.ts";
export {
  defineTable,
  derive,
  enrichEvent,
  lookup,
  lookupTables,
  type Derive,
  type EnrichedFields,
  type Enricher,
  type Enrichers,
  type EnrichInput,
  type Enrichment,
  type InputOf,
  type Lookup,
  type LookupTable,
  type NoFields,
} from "./enrich.ts";
export { defineEvent, type EventDefinition, type EventOptions, type Upcast } from "./event.ts";
export { calendar, CALENDAR_PARTS, type CalendarPart } from "./features/calendar.ts";
export { difference, ratio } from "./features/combinations.ts";
export { describeFeatures, windowRule, type FeatureDescription, type FeatureType } from "./features/describe-features.ts";
export { entityColumns, type EntityColumn } from "./features/entity-columns.ts";
export {
  expandFeatures,
  type CalendarPartFeature,
  type CombinedFeature,
  type FeatureMeasure,
  type NamedColumn,
  type NamedFeature,
  type WindowedFeature,
} from "./features/expand-features.ts";
export type {
  AgeFeature,
  CalendarFeature,
  DifferenceFeature,
  DistinctFeature,
  Feature,
  FeatureWords,
  LatestFeature,
  MetricFeature,
  RatioFeature,
} from "./features/feature.ts";
export { defineFeatures, type FeatureSet } from "./features/feature-set.ts";
export { ageOf, latest, sinceFirst, type PastOptions } from "./features/past.ts";
export { distinct, over, type WindowOptions } from "./features/windows.ts";
export { FIELD_WORDS } from "./field-words.ts";
export {
  fieldNames,
  resolveField,
  scalarFields,
  scalarTypes,
  type Attribute,
  type Field,
  type FieldOf,
  type FieldType,
  type NumericFieldOf,
} from "./field.ts";
export { filterConditions, type Bound, type Condition } from "./filter/filter-conditions.ts";
export { filterWords } from "./filter/filter-words.ts";
export type { DimensionValue, FieldCondition, FieldFilter, Filter, FilterOf } from "./filter/filter.ts";
export {
  avg,
  count,
  first,
  last,
  max,
  min,
  quantiles,
  stddev,
  sum,
  uniq,
  variance,
  type AddedMeasure,
  type CountMeasure,
  type ExtremeMeasure,
  type Measure,
  type NumericMeasure,
  type PickMeasure,
  type QuantilesMeasure,
  type UniqMeasure,
} from "./measure.ts";
export { atEachGrain, defineMetric, type Metric, type MetricOptions } from "./metric.ts";
export { adviseName, nearestName } from "./nearest-name.ts";
export { panelTitle } from "./panel-title.ts";
export { partitionOf, partitionSubject, storedStreams, type StoredStream } from "./partitions.ts";
export type { StreamPosition, Watermark } from "./position.ts";
export type { Problem } from "./problem.ts";
export {
  DEFAULT_LIMITS,
  defineProject,
  type Deduplication,
  type IngestLimits,
  type Project,
  type ProjectOptions,
  type StreamDefinition,
} from "./project.ts";
export type { SavedQuery } from "./saved-query.ts";
export { durationMs, parseDuration } from "./time/duration.ts";
export { fixedGrainMs, grainOf, parseGrain, WEEKDAYS, type Grain, type GrainUnit } from "./time/grain.ts";
export { gridEdges, longestMs, type GridRequest } from "./time/grid.ts";
export { parseMoment } from "./time/parse-moment.ts";
export { parseRange, parseRelativeMoment, type Present, type TimeRange } from "./time/parse-range.ts";
export { parseTime } from "./time/parse-time.ts";
export { isTimeInRange, TIME_RANGE } from "./time/time-range.ts";
export { momentOfWall, nominalStart, periodOf, stepWall, wallTime, type CalendarStep } from "./time/wall-clock.ts";
export { isTimeZone } from "./time/zone.ts";
export { offsetSpans, type OffsetSpan } from "./time/zone-offsets.ts";
export { widestReplicas } from "./widest-replicas.ts";
