import type { FeatureColumn } from "./feature-columns.ts";
import { featureValues } from "./feature-values.ts";
import type { SpineTable } from "./spine-table.ts";

/** A label that no event counts for has no row in a pass: what is read of it must be null, not ClickHouse's 0 or ''. */
export const MISSING_IS_NULL = { join_use_nulls: 1 } as const;

/**
 * SELECT that puts the values of all passes beside the labels, and works the other features out from them: the spine's columns, then `value_0` and so on, in the spine's order. It wants {@link MISSING_IS_NULL}.
 * @param results the passes, each a table or a SELECT in brackets with `spine_row` and counted columns
 * @param columns of the spine, which is called so
 */
export function besideLabels(
  spine: Pick<SpineTable, "table" | "times">,
  features: readonly FeatureColumn[],
  results: readonly string[],
  columns: readonly string[] = ["spine.*"],
): string {
  const joins = results.map((result, index) => `LEFT JOIN ${result} AS pass_${index} ON pass_${index}.spine_row = spine.spine_row`);
  const { values, with: clocks } = featureValues(features, spine);
  return `${clocks}SELECT ${[...columns, ...values].join(", ")}\nFROM ${spine.table} AS spine\n${joins.join("\n")}\nORDER BY spine.spine_row`;
}
