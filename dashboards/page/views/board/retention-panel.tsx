import type { Retention } from "../../api/wire.ts";
import { DataTable } from "../../parts/data-table.tsx";
import { useStage } from "../../parts/stage.ts";
import { showNumber } from "../../show/numbers.ts";
import { showBucket } from "../../show/times.ts";
import { Empty } from "./empty.tsx";

/** Later periods that are shown. */
const MOST_LATER = 12;
/** Shades of a share, from none to all. */
const SHADES = 5;

/** Who comes back, by the period they began in. */
export function RetentionPanel({ answer, title }: { readonly answer: Retention; readonly title: string }) {
  const { zone } = useStage();
  if (!answer.cohorts.some(({ size }) => size > 0)) return <Empty>Nobody began in this range.</Empty>;
  const later = Math.min(MOST_LATER + 1, Math.max(...answer.cohorts.map(({ returned }) => returned.length)));
  return (
    <DataTable
      caption={title}
      columns={[
        { name: answer.period },
        { name: "size", isNumber: true },
        { name: "state" },
        ...Array.from({ length: later }, (_, index) => ({ name: `+${index}`, isNumber: true })),
      ]}
      rows={answer.cohorts.map(({ end, returned, size, start, state }) => [
        showBucket(Date.parse(start), Date.parse(end), zone),
        showNumber(size),
        state,
        ...Array.from({ length: later }, (_, index) => {
          const count = returned[index];
          if (count === undefined || size === 0) return "";
          return <span class={`shade-${Math.ceil((count / size) * SHADES)}`}>{Math.round((count / size) * 100)}%</span>;
        }),
      ])}
    />
  );
}
