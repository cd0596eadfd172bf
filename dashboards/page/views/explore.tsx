import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/use-answer.ts";
import type { Trend } from "../api/wire.ts";
import { chartData, seriesLabel } from "../charts/chart-data.ts";
import { TimeChart } from "../charts/time-chart.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Figure } from "../parts/figure.tsx";
import { Legend } from "../parts/legend.tsx";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { zoomWith } from "../parts/zoom.ts";
import { showNumber } from "../show/numbers.ts";
import { showBucket } from "../show/times.ts";
import { trendCommand } from "../state/trend-command.ts";
import { trendQuestion } from "../state/trend-question.ts";
import { ExploreControls } from "./explore-controls.tsx";

/** Rows of the table below the chart: the newest. */
const MOST_ROWS = 400;

/** One metric, asked in every way. */
export function Explore() {
  const { change, project, route, zone } = useStage();
  const metric = project.metrics.find(({ name }) => name === route.params["metric"]) ?? project.metrics[0];
  const question = metric && trendQuestion(metric, route, zone, Date.now());
  const { answer, isAsking, problem } = useAnswer<Trend>(question && "trend", question);
  const data = useMemo(() => answer && chartData(answer, route.params["output"]), [answer, route.params["output"]]);
  if (!metric || !question) return <p class="empty">The project declares no metrics yet: add one to the config with defineMetric.</p>;
  const output = answer?.outputs[0] ?? "value";
  return (
    <>
      <div class="view-head">
        <h2 class="name">{metric.name.replaceAll("_", " ")}</h2>
        {answer?.groupBy.length === 0 && <Figure total={answer.totals[0]} output={output} unit={metric.unit} />}
      </div>
      {metric.description !== undefined && <p class="muted">{metric.description}</p>}
      <ExploreControls metric={metric} outputs={answer?.outputs ?? []} />
      <Trouble problem={problem} />
      <div class="card" aria-busy={isAsking && !answer}>
        {data && (
          <TimeChart
            data={data}
            label={metric.name}
            zone={zone}
            unit={answer?.metrics[0]?.unit ?? metric.unit}
            height={320}
            onZoom={zoomWith(change)}
          />
        )}
        {data && <Legend labels={data.lines.map(({ label }) => label)} />}
        {!data && !problem && <div class="skeleton tall" />}
      </div>
      {answer && (
        <p class="muted">
          {answer.sources.map(({ metric: name, why }) => `${name}: ${why}`).join(" ")} Watermark{" "}
          {Object.entries(answer.watermark)
            .map(([stream, { seq }]) => `${stream} ${seq.toLocaleString("en")}`)
            .join(", ")}
          .
        </p>
      )}
      <p class="command">
        The same in a terminal: <code>{trendCommand(question)}</code>
      </p>
      {answer && <ValueTable answer={answer} zone={zone} />}
    </>
  );
}

function ValueTable({ answer, zone }: { readonly answer: Trend; readonly zone: string }) {
  const rows = answer.rows.slice(-MOST_ROWS).toReversed();
  const isCompared = answer.comparedWith !== undefined;
  const columns = [
    { name: "bucket" },
    ...(answer.groupBy.length > 0 ? [{ name: answer.groupBy.join(" · ") }] : []),
    ...answer.outputs.flatMap((name) => [{ name, isNumber: true }, ...(isCompared ? [{ name: `${name} before`, isNumber: true }] : [])]),
    { name: "state" },
  ];
  return (
    <details>
      <summary>
        Values{answer.rows.length > MOST_ROWS ? `: the newest ${MOST_ROWS} of ${answer.rows.length.toLocaleString("en")}` : ""}
      </summary>
      <DataTable
        caption="Values of the chart"
        columns={columns}
        rows={rows.map((row) => [
          showBucket(Date.parse(row.start), Date.parse(row.end), zone),
          ...(answer.groupBy.length > 0 ? [seriesLabel(row, answer)] : []),
          ...answer.outputs.flatMap((name) => [
            showValue(row.values[name]),
            ...(isCompared ? [showValue(row.compared?.values[name])] : []),
          ]),
          row.state === "final" && row.partial ? "partial" : row.state,
        ])}
      />
    </details>
  );
}

function showValue(value: number | string | null | undefined): string {
  return typeof value === "string" ? value : showNumber(value);
}
