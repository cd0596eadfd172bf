import type { ValueDifference } from "../../../queries/index.ts";
import { showNumber } from "../../output/numbers.ts";
import { printable, table } from "../../output/table.ts";

/** Features whose values differ, each with its first row. */
export function differencesTable(differences: readonly ValueDifference[]): string {
  const columns = [
    { title: "feature" },
    { title: "rows", align: "right" as const },
    { title: "first", align: "right" as const },
    { title: "entity" },
    { title: "time" },
    { title: "before" },
    { title: "after" },
  ];
  const rows = differences.map(({ feature, first, rows: count }) => [
    feature,
    showNumber(count),
    showNumber(first.row),
    printable(first.entity),
    first.time,
    printable(first.before ?? "–"),
    printable(first.after ?? "–"),
  ]);
  return table(columns, rows);
}
