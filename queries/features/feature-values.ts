import { ClockColumns } from "./clock-columns.ts";
import { countedColumn, isAge } from "./counted-columns.ts";
import type { FeatureColumn } from "./feature-columns.ts";
import type { SpineTable } from "./spine-table.ts";

/** The value of each feature, as SQL over `spine` and the counted columns beside it: `value_0` and so on, so that one may refer to another. */
export function featureValues(
  columns: readonly FeatureColumn[],
  spine: Pick<SpineTable, "times">,
): { readonly with: string; readonly values: readonly string[] } {
  const clocks = new ClockColumns(spine.times);
  const alias = new Map(columns.map(({ name }, index) => [name, `value_${index}`]));
  const aliasOf = (name: string): string => alias.get(name) ?? "NULL";
  const values = columns.map((column) => `${valueSql(column, aliasOf, clocks)} AS ${aliasOf(column.name)}`);
  return { with: clocks.sql, values };
}

function valueSql(
  { clickhouseType: type, column, feature }: FeatureColumn,
  aliasOf: (name: string) => string,
  clocks: ClockColumns,
): string {
  switch (feature.kind) {
    case "window":
      if (isAge(feature)) return `(toUnixTimestamp64Micro(spine.spine_time) - ${countedColumn(column)}) / 1e6`;
      return type === "Int64" ? `ifNull(${countedColumn(column)}, 0)` : countedColumn(column);
    case "ratio": {
      const quotient = `toFloat64(${aliasOf(feature.left)}) / nullIf(toFloat64(${aliasOf(feature.right)}), 0)`;
      return `ifNotFinite(${quotient} * toFloat64(${feature.scale}), NULL)`;
    }
    case "difference":
      return type === "Nullable(Float64)"
        ? `ifNotFinite(toFloat64(${aliasOf(feature.left)}) - toFloat64(${aliasOf(feature.right)}), NULL)`
        : `${aliasOf(feature.left)} - ${aliasOf(feature.right)}`;
    case "calendar":
      return clocks.part(feature.part, feature.zone);
  }
}
