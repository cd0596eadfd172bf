import type { Trend } from "../../api/wire.ts";
import { seriesLabel } from "../../charts/chart-data.ts";
import { Bar } from "../../parts/bar.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { shortNumber, showGrowth, showNumber, withUnit } from "../../show/numbers.ts";
import { Empty } from "./empty.tsx";

interface Props {
  readonly answer: Trend;
  readonly title: string;
  readonly unit: string | undefined;
  /** Whether the first number is drawn as a bar too. */
  readonly hasBars: boolean;
}

/** The groups of a metric over the range, the largest first, and how they changed. */
export function GroupsPanel({ answer, hasBars, title, unit }: Props) {
  const [first = "value"] = answer.outputs;
  const size = (total: Trend["totals"][number]): number => Number(total.values[first] ?? Number.NEGATIVE_INFINITY);
  const totals = answer.totals.filter(({ other }) => other !== true).toSorted((a, b) => size(b) - size(a));
  if (totals.length === 0) return <Empty />;
  const most = Math.max(...totals.map((total) => Math.abs(size(total))).filter(Number.isFinite));
  return (
    <DataTable
      caption={title}
      columns={[
        { name: answer.groupBy.join(" · ") },
        ...answer.outputs.map((name) => ({ name: answer.outputs.length > 1 ? name : (answer.metrics[0]?.name ?? name), isNumber: true })),
        { name: "before", isNumber: true },
        { name: "growth", isNumber: true },
      ]}
      rows={totals.map((total) => [
        seriesLabel(total, answer),
        ...answer.outputs.map((name, index) => {
          const value = total.values[name];
          const shown = typeof value === "string" ? value : withUnit(showNumber(value), unit);
          return hasBars && index === 0 ? <Bar share={Math.abs(size(total)) / most} label={shown} /> : shown;
        }),
        shortOf(total.compared?.values[first]),
        growthOf(total.compared?.growth[first]),
      ])}
    />
  );
}

function shortOf(value: number | string | null | undefined): string {
  return typeof value === "string" ? value : shortNumber(value);
}

function growthOf(growth: number | null | undefined): string {
  return typeof growth === "number" ? showGrowth(growth) : "–";
}
