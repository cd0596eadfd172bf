import type { PathsAnswer } from "../../queries/index.ts";
import { footerLines, headingLine, percent } from "./answer-lines.ts";
import { plural, showNumber } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Paths for reading: the most frequent first. */
export function pathsView(answer: PathsAnswer, terminal: Pick<Terminal, "paint">): string {
  const { collapse, different, gap, length, paths, total } = answer;
  const columns: Column[] = [...["count", "share", "entities"].map((title) => ({ title, align: "right" as const })), { title: "path" }];
  const rows = paths.map(({ count, entities, path, share }) => [
    showNumber(count),
    percent(share),
    showNumber(entities),
    path.map(printable).join(" → "),
  ]);
  const rest = different - paths.length;
  const within = gap === null ? "" : ` within sessions ${gap} apart`;
  return [
    headingLine(
      answer,
      `paths of ${length}`,
      `${plural(total, "path")}, ${showNumber(different)} different${within}${collapse ? ", repetitions as one" : ""}`,
      terminal,
    ),
    paths.length === 0
      ? "No paths in this range.\n"
      : `${table(columns, rows)}${rest > 0 ? `… and ${plural(rest, "less frequent path")}: --limit lists more.\n` : ""}`,
    footerLines(answer, [], terminal),
  ].join("\n");
}
