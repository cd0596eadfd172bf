import type { ChangesAnswer, ChangeSeries } from "../../queries/index.ts";
import { bandChart, type BandPoint } from "./band-chart.ts";
import { bucketName } from "./local-time.ts";
import { plural, showColumn } from "./numbers.ts";
import { closingLines, seasonWords, seriesName, signedPercent, titleLine } from "./signal-lines.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const MOST_CHARTS = 4;

/** Changes for reading: a chart of the values with their levels for each of a few series, and a table. */
export function changesView(answer: ChangesAnswer, terminal: Pick<Terminal, "paint" | "width">): string {
  const { grain, metric, series, timezone } = answer;
  const title = titleLine(answer, `changes of ${metric}`, `${plural(series[0]?.points.length ?? 0, "bucket")} of ${grain}`, terminal);
  const charts = series.slice(0, MOST_CHARTS).map((each) => seriesChart(each, answer, terminal));
  const rest = series.length - charts.length;
  const more = rest > 0 ? [`… and ${plural(rest, "more series", "more series")}\n`] : [];
  const found = series.flatMap((each) => each.changes.map((change) => ({ ...change, name: seriesName(each, metric) })));
  const numbers = (["before", "after", "difference"] as const).map((key) => showColumn(found.map((change) => change[key])));
  const rows = found.map(({ at, growth, name }, index) => [
    bucketName(at, grain, timezone),
    name,
    ...numbers.map((column) => column[index] ?? ""),
    signedPercent(growth),
  ]);
  const right = ["level before", "level after", "difference", "growth"].map((head) => ({ title: head, align: "right" as const }));
  const changes = rows.length === 0 ? "No changes of level.\n" : table([{ title: "from" }, { title: "series" }, ...right], rows);
  return [
    title,
    ...charts,
    ...more,
    changes,
    closingLines(answer, ["░ levels, less the season   ◌ open or cut: not looked at"], terminal),
  ].join("\n");
}

function seriesChart(
  series: ChangeSeries,
  { grain, metric, timezone }: ChangesAnswer,
  terminal: Pick<Terminal, "paint" | "width">,
): string {
  const points = series.points.map(({ partial, start, state, value }): BandPoint => {
    const last = series.changes.findLast(({ at }) => at <= start);
    const level = last ? last.after : (series.changes[0]?.before ?? null);
    return { value, low: level, high: level, mark: state === "open" || partial ? "◌" : "●" };
  });
  const nameOf = (point: { start: Date } | undefined): string => (point ? bucketName(point.start, grain, timezone) : "");
  const options = { width: terminal.width, first: nameOf(series.points[0]), last: nameOf(series.points.at(-1)) };
  return `${terminal.paint("bold", seriesName(series, metric))}, ${seasonWords(series.season)}\n${bandChart(points, options)}`;
}
