import type { AnomaliesAnswer, AnomalySeries } from "../../queries/index.ts";
import { bandChart, type BandPoint } from "./band-chart.ts";
import { bucketName } from "./local-time.ts";
import { plural, showColumn } from "./numbers.ts";
import { closingLines, seasonWords, seriesName, titleLine } from "./signal-lines.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const MOST_CHARTS = 4;
const MOST_ROWS = 40;

/** Anomalies for reading: a chart with the band for each of a few series, and a table of the anomalies. */
export function anomaliesView(answer: AnomaliesAnswer, terminal: Pick<Terminal, "paint" | "width">): string {
  const { grain, metric, series, threshold } = answer;
  const title = titleLine(answer, `anomalies of ${metric}`, `${plural(series[0]?.points.length ?? 0, "bucket")} of ${grain}`, terminal);
  const charts = series.slice(0, MOST_CHARTS).map((each) => seriesChart(each, answer, terminal));
  const rest = series.length - charts.length;
  const more = rest > 0 ? [`… and ${plural(rest, "more series", "more series")}\n`] : [];
  const remarks = [`░ what was to be expected, give or take ${threshold} standard deviations   ▲▼ anomaly   ◌ open or cut: not judged`];
  return [title, ...charts, ...more, anomalyTable(answer), closingLines(answer, remarks, terminal)].join("\n");
}

function seriesChart(
  series: AnomalySeries,
  { grain, metric, timezone }: AnomaliesAnswer,
  terminal: Pick<Terminal, "paint" | "width">,
): string {
  const points = series.points.map(({ high, low, partial, state, value, verdict }): BandPoint => {
    const mark = verdict === "high" ? "▲" : verdict === "low" ? "▼" : state === "open" || partial ? "◌" : "●";
    return { value, low, high, mark };
  });
  const nameOf = (point: { start: Date } | undefined): string => (point ? bucketName(point.start, grain, timezone) : "");
  const options = { width: terminal.width, first: nameOf(series.points[0]), last: nameOf(series.points.at(-1)) };
  const judged = series.points.some(({ expected }) => expected !== null);
  const note = judged ? seasonWords(series.season) : "too few whole buckets to say anything";
  return `${terminal.paint("bold", seriesName(series, metric))}, ${note}\n${bandChart(points, options)}`;
}

function anomalyTable({ grain, metric, series, timezone }: AnomaliesAnswer): string {
  const found = series.flatMap((each) =>
    each.points
      .filter(({ verdict }) => verdict === "high" || verdict === "low")
      .map((point) => ({ point, name: seriesName(each, metric) })),
  );
  if (found.length === 0) return "No anomalies.\n";
  const shown = [...found].sort((a, b) => b.point.start.getTime() - a.point.start.getTime()).slice(0, MOST_ROWS);
  const numbers = (["value", "expected", "low", "high"] as const).map((key) => showColumn(shown.map(({ point }) => point[key])));
  const rows = shown.map(({ name, point }, index) => [
    bucketName(point.start, grain, timezone),
    name,
    ...numbers.map((column) => column[index] ?? ""),
    `${point.verdict === "high" ? "▲" : "▼"} ${Math.abs(point.score ?? 0).toFixed(1)}`,
    point.state === "final" ? "" : point.state,
  ]);
  const right = ["value", "expected", "from", "to", "deviations"].map((title) => ({ title, align: "right" as const }));
  const rest = found.length - shown.length;
  return `${table([{ title: "bucket" }, { title: "series" }, ...right, { title: "" }], rows)}${rest > 0 ? `… and ${plural(rest, "earlier one")}: --format csv lists them all.\n` : ""}`;
}
