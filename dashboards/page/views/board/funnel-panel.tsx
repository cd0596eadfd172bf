import type { Funnel } from "../../api/wire.ts";
import { Bar } from "../../parts/bar.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { showNumber, showSeconds } from "../../show/numbers.ts";
import { Empty } from "./empty.tsx";

/** How many go through steps in order. */
export function FunnelPanel({ answer, title }: { readonly answer: Funnel; readonly title: string }) {
  const steps = answer.groups[0]?.steps ?? [];
  if ((steps[0]?.entities ?? 0) === 0) return <Empty>Nobody made the first step in this range.</Empty>;
  return (
    <DataTable
      caption={title}
      columns={[
        { name: "step" },
        { name: "reached it" },
        { name: "of the step before", isNumber: true },
        { name: "median time", isNumber: true },
      ]}
      rows={steps.map(({ entities, event, fromPrevious, ofFirst, ofPrevious, step }) => [
        `${step} ${event}`,
        <Bar share={ofFirst ?? 0} label={`${showNumber(entities)} (${percent(ofFirst)})`} />,
        step === 1 ? "" : percent(ofPrevious),
        fromPrevious ? showSeconds(fromPrevious.median) : "",
      ])}
    />
  );
}

function percent(share: number | null): string {
  return share === null ? "–" : `${showNumber(Math.round(share * 1_000) / 10)}%`;
}
