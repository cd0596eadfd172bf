import { useMemo, useRef } from "preact/hooks";
import { useAnswer } from "../api/use-answer.ts";
import type { Metric, Trend } from "../api/wire.ts";
import { chartData } from "../charts/chart-data.ts";
import { TimeChart } from "../charts/time-chart.tsx";
import { Figure } from "../parts/figure.tsx";
import { Legend } from "../parts/legend.tsx";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { useVisible } from "../parts/use-visible.ts";
import { zoomWith } from "../parts/zoom.ts";
import { grainFor, rangeOf } from "../state/ranges.ts";
import { linkTo } from "../state/route.ts";

/** Groups that a card draws; all others are one line more. */
const TOP = 5;

/** One metric: what it comes to, what that was in the range before, and how it went. */
export function MetricCard({ metric }: { readonly metric: Metric }) {
  const { change, route, zone } = useStage();
  const card = useRef<HTMLElement>(null);
  const isVisible = useVisible(card);
  const by = route.params["by"] ?? "";
  const isGrouped = by !== "" && metric.dimensions.includes(by);
  const range = rangeOf(route);
  const question = { metric: metric.name, ...range, grain: grainFor(range, Date.now()), timezone: zone, compare: "previous" };
  const whole = useAnswer<Trend>(isVisible ? "trend" : undefined, question);
  const groups = useAnswer<Trend>(isVisible && isGrouped ? "trend" : undefined, {
    ...question,
    compare: undefined,
    groupBy: [by],
    ...top(metric),
  });
  const { answer, isAsking, problem } = isGrouped ? groups : whole;
  const data = useMemo(() => answer && chartData(answer), [answer]);
  const total = whole.answer?.totals[0];
  const output = whole.answer?.outputs[0] ?? "value";
  const hasLine = data?.lines.some(({ values }) => values.some((value) => value !== null)) ?? false;
  const title = `${metric.name}${isGrouped ? ` by ${by}` : ""}`;
  return (
    <article class="card" ref={card} aria-busy={isAsking && !answer}>
      <header>
        <h3 class="name">
          <a href={linkTo(route, "explore", { metric: metric.name, ...(isGrouped ? { by } : {}) })}>{title.replaceAll("_", " ")}</a>
        </h3>
        <Figure total={total} output={output} unit={metric.unit} />
      </header>
      {metric.description !== undefined && <p class="muted">{metric.description}</p>}
      <Trouble problem={problem} />
      {data && hasLine && <TimeChart data={data} label={title} zone={zone} unit={metric.unit} height={150} onZoom={zoomWith(change)} />}
      {data && hasLine && <Legend labels={data.lines.map(({ label }) => label)} />}
      {data && !hasLine && (
        <p class="empty">
          {typeof total?.values[output] === "string" ? "The values are text: explore them as a table." : "No events in this range."}
        </p>
      )}
      {!data && !problem && <div class="skeleton" />}
    </article>
  );
}

/** Groups are ranked by numbers: of a metric whose values may be text all are drawn. */
function top({ kind }: Metric): { readonly top?: number } {
  return kind === "first" || kind === "last" ? {} : { top: TOP };
}
