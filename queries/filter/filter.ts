export type { DimensionValue, FieldCondition, Filter } from "../../model/index.ts";
