import type { SeasonalityAnswer } from "../../queries/index.ts";
import { bar } from "./bar.ts";
import { plural } from "./numbers.ts";
import { closingLines, percent, seriesName, titleLine } from "./signal-lines.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const WIDTH = 20;

const right = (title: string) => ({ title, align: "right" as const });

/** Periods for reading: the strongest of each series first. */
export function seasonalityView(answer: SeasonalityAnswer, terminal: Pick<Terminal, "paint">): string {
  const { falseAlarms, grain, metric, series } = answer;
  const title = titleLine(answer, `seasonality of ${metric}`, `${plural(series[0]?.points.length ?? 0, "bucket")} of ${grain}`, terminal);
  const rows = series.flatMap((each) =>
    each.periods.length === 0
      ? [[seriesName(each, metric), "none", "", "", "", ""]]
      : each.periods.map(({ buckets, cycles, season, strength }) => [
          seriesName(each, metric),
          String(buckets),
          season === null ? "" : `a ${season}`,
          String(cycles),
          percent(strength),
          bar(strength, 1, WIDTH),
        ]),
  );
  const columns = [{ title: "series" }, right("buckets"), { title: "season" }, right("times"), right("comes again"), { title: "" }];
  const remark = `of 100 series of noise, ${Number((falseAlarms * 100).toPrecision(3))} would have a period`;
  return [title, rows.length === 0 ? "No series.\n" : table(columns, rows), closingLines(answer, [remark], terminal)].join("\n");
}
