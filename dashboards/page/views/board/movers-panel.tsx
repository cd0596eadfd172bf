import type { Movers } from "../../api/wire.ts";
import { DataTable } from "../../parts/data-table.tsx";
import { showGrowth, showNumber, withUnit } from "../../show/numbers.ts";
import { Empty } from "./empty.tsx";

interface Props {
  readonly answer: Movers;
  readonly title: string;
  readonly unit: string | undefined;
}

/** The groups that made a metric change, those that moved most first. */
export function MoversPanel({ answer, title, unit }: Props) {
  if (answer.movers.length === 0) return <Empty />;
  return (
    <DataTable
      caption={title}
      columns={[
        { name: answer.groupBy.join(" · ") },
        { name: "before", isNumber: true },
        { name: "now", isNumber: true },
        { name: "change", isNumber: true },
        { name: "growth", isNumber: true },
      ]}
      rows={answer.movers.map(({ before, difference, group, growth, now }) => [
        answer.groupBy.map((name) => String(group[name] ?? "(none)")).join(" · "),
        showNumber(before),
        showNumber(now),
        withUnit(`${(difference ?? 0) > 0 ? "+" : ""}${showNumber(difference)}`, unit),
        growth === null ? "–" : showGrowth(growth * 100),
      ])}
    />
  );
}
