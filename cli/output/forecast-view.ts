import type { ForecastAnswer, ForecastedSeries } from "../../queries/index.ts";
import { bandChart, type BandPoint } from "./band-chart.ts";
import { bucketName } from "./local-time.ts";
import { plural, showColumn, showNumber } from "./numbers.ts";
import { closingLines, percent, seasonWords, seriesName, titleLine } from "./signal-lines.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const MOST_SERIES = 4;

/** A forecast for reading: for each of a few series a chart of the past and what may follow, a table, and how good such forecasts were. */
export function forecastView(answer: ForecastAnswer, terminal: Pick<Terminal, "paint" | "width">): string {
  const { grain, level, metric, series } = answer;
  const title = titleLine(
    answer,
    `forecast of ${metric}`,
    `learned from ${plural(series[0]?.points.length ?? 0, "bucket")} of ${grain}`,
    terminal,
  );
  const shown = series.slice(0, MOST_SERIES).map((each) => seriesPart(each, answer, terminal));
  const rest = series.length - shown.length;
  const more = rest > 0 ? [`… and ${plural(rest, "more series", "more series")}: --format csv lists them all.\n`] : [];
  return [
    title,
    ...shown,
    ...more,
    closingLines(answer, [`○ foretold   ░ where ${percent(level)} of values like these came to lie`], terminal),
  ].join("\n");
}

function seriesPart(series: ForecastedSeries, answer: ForecastAnswer, terminal: Pick<Terminal, "paint" | "width">): string {
  const { forecast, points } = series;
  const { grain, metric, timezone } = answer;
  const heading = `${terminal.paint("bold", seriesName(series, metric))}, ${seasonWords(series.season)}`;
  if (forecast.method === null) return `${heading}\ntoo few whole buckets to say anything\n`;
  const first = forecast.points[0]?.start ?? new Date(0);
  const past = points.filter(({ start }) => start < first).map(({ value }): BandPoint => ({ value, low: null, high: null, mark: "●" }));
  const ahead = forecast.points.map(({ high, low, value }): BandPoint => ({ value, low, high, mark: "○" }));
  // The past is shown as far as there is room for each bucket, and the forecast whole.
  const room = Math.max(20, terminal.width - 10 - ahead.length);
  const kept = past.slice(-room);
  const nameOf = (point: { start: Date } | undefined): string => (point ? bucketName(point.start, grain, timezone) : "");
  const firstShown = points.filter(({ start }) => start < first).slice(-room)[0] ?? forecast.points[0];
  const chart = bandChart([...kept, ...ahead], { width: terminal.width, first: nameOf(firstShown), last: nameOf(forecast.points.at(-1)) });
  return [`${heading}\n${chart}`, forecastTable(series, answer), testLine(series)].join("\n");
}

function forecastTable({ forecast }: ForecastedSeries, { grain, level, timezone }: ForecastAnswer): string {
  const numbers = (["value", "low", "high"] as const).map((key) => showColumn(forecast.points.map((point) => point[key])));
  const rows = forecast.points.map(({ start }, index) => [
    bucketName(start, grain, timezone),
    ...numbers.map((column) => column[index] ?? ""),
  ]);
  const right = ["forecast", `${percent(level)} from`, "to"].map((title) => ({ title, align: "right" as const }));
  return table([{ title: "bucket" }, ...right], rows);
}

function testLine({ forecast }: ForecastedSeries): string {
  const tests = forecast.backTests.map(
    ({ mae, mape, method }) => `${method} ${showNumber(mae)}${mape === null ? "" : ` (${percent(mape)})`}`,
  );
  const held =
    forecast.coverage === null
      ? "too few back-tests to tell what the interval is worth"
      : `the interval held ${percent(forecast.coverage)} of values it had not seen`;
  return `method: ${forecast.method ?? "none"}; mean miss of back-tests: ${tests.join(", ")}; ${held}\n`;
}
