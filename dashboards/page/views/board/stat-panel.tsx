import type { Panel, Trend } from "../../api/wire.ts";
import { Figure } from "../../parts/figure.tsx";
import { judged, VERDICTS } from "../../state/judged.ts";
import { Empty } from "./empty.tsx";

interface Props {
  readonly answer: Trend;
  readonly unit: string | undefined;
  readonly bad: Panel["bad"];
}

/** A metric over the whole range, and how that compares with the range before; told as good or bad where the dashboard says what is. */
export function StatPanel({ answer, bad, unit }: Props) {
  const [total] = answer.totals;
  if (!total) return <Empty />;
  return (
    <>
      {answer.outputs.map((output) => {
        const verdict = judged(total.values[output], bad);
        return (
          <div class="stat" key={output}>
            {answer.outputs.length > 1 && <span class="muted">{output}</span>}
            <Figure total={total} output={output} unit={unit} />
            {verdict && <span class={`badge ${verdict}`}>{VERDICTS[verdict]}</span>}
          </div>
        );
      })}
    </>
  );
}
