import { isDerived } from "../../model/index.ts";
import type { AskedMetric, AskedOutput } from "./asked-metric.ts";
import { movingMean } from "./average.ts";
import { fillGaps } from "./fill.ts";
import { startsOf, type Frame } from "./frame.ts";
import type { FrameMeasured } from "./measure-frame.ts";
import { bucketCells, wholeCells, type FindPart } from "./metric-values.ts";
import { partKey } from "./resolve-request.ts";
import { modeOf } from "./resolve-values.ts";
import { keyOf, type Cell, type Group } from "./series.ts";
import { transformValues } from "./transform.ts";
import type { TrendValue } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";

/** One output of one metric for one group. */
export interface OutputSeries {
  readonly output: AskedOutput;
  readonly asked: AskedMetric;
  /** For each bucket of the range, those in front of it not among them. */
  readonly values: readonly TrendValue[];
  /** Of the whole range. */
  readonly total: TrendValue;
}

/** What is made of the measured parts for one group: metrics worked out, averaged, filled and transformed, over the buckets of the range. */
export function groupSeries(
  metrics: readonly AskedMetric[],
  { parts }: FrameMeasured,
  frame: Frame,
  group: Group,
  request: TrendRequest,
): OutputSeries[] {
  const key = keyOf(group);
  return metrics.flatMap((asked) => {
    const mode = modeOf(asked, request.window);
    const find: FindPart = (metric) => parts.get(partKey(metric, mode))?.get(key);
    const cells = bucketCells(asked, find, frame.edges.length - 1);
    const totals = wholeCells(asked, find);
    return asked.outputs.map((output, index) => {
      const total = totals[index];
      return {
        output,
        asked,
        values: finish(averaged(cells[index] ?? [], asked, output, request), frame, asked, output, request),
        total: total === undefined ? output.empty : total,
      };
    });
  });
}

/** The mean over a window: of counts and sums their moving sum divided; what is weighed by its events is that already. */
function averaged(cells: readonly Cell[], asked: AskedMetric, { empty }: AskedOutput, { window }: TrendRequest): readonly Cell[] {
  if (window?.kind !== "average") return cells;
  if (modeOf(asked, window) === "bucket") return movingMean(cells, window.buckets, isDerived(asked.metric) ? null : empty);
  return asked.adds ? cells.map((cell) => (typeof cell === "number" ? cell / window.buckets : cell)) : cells;
}

function finish(
  cells: readonly Cell[],
  frame: Frame,
  { decimals }: AskedMetric,
  { empty }: AskedOutput,
  { fill, transform, window }: TrendRequest,
): TrendValue[] {
  // Windows in front of the range are not whole, but for the last one, which the first difference needs.
  const first = Math.max(0, frame.lead - 1);
  const shown = frame.lead === 0 || transform === undefined ? frame.lead : first;
  const filled = fillGaps(cells.slice(shown), startsOf(frame).slice(shown), fill, empty);
  const values: TrendValue[] = [...Array.from<TrendValue>({ length: shown }).fill(null), ...filled];
  const averages = window?.kind === "average";
  const made = transform ? transformValues(values, transform, { frame, window, decimals: averages ? undefined : decimals }) : values;
  return made.slice(frame.lead);
}
