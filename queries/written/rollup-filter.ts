import { identifier, rollupTable } from "../../clickhouse/index.ts";
import type { Filter, Metric } from "../../model/index.ts";
import { filterSql } from "../filter/filter-sql.ts";
import { resolveFilter } from "../filter/resolve-filter.ts";
import { WrittenBindings } from "./written-bindings.ts";

/** The condition of a filter over the columns of a metric's rollup. @throws QueryError if a field is no dimension of the metric */
export function rollupFilterSql(metric: Metric, filter: Filter): string {
  const { dimensions } = rollupTable(metric);
  const bindings = new WrittenBindings();
  const conditions = resolveFilter(metric.event, filter).map((resolved) => {
    const column = dimensions.find(({ ref }) => ref === resolved.field.ref);
    return column && filterSql(resolved, identifier(column.name), bindings);
  });
  return conditions.filter((condition) => condition !== undefined).join(" AND ") || "true";
}
