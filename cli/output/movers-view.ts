import type { MoversAnswer } from "../../queries/index.ts";
import { localTime } from "./local-time.ts";
import { plural, showColumn, showNumber } from "./numbers.ts";
import { closingLines, percent, seriesName, signedPercent, titleLine } from "./signal-lines.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Movers for reading: the total, then the groups that moved most. */
export function moversView(answer: MoversAnswer, terminal: Pick<Terminal, "paint">): string {
  const { adds, before, groupBy, metric, movers, others, output, timezone, total } = answer;
  const title = titleLine(
    answer,
    `movers of ${metric} by ${groupBy.join(", ")}`,
    `compared with ${localTime(before.from, timezone)} to ${localTime(before.to, timezone)}: now`,
    terminal,
  );
  if (movers.length === 0) return [title, "No events in either period.\n", closingLines(answer, [], terminal)].join("\n");
  const lines = [
    {
      name: "total",
      ...total,
      growth: total.difference === null || !total.before ? null : total.difference / Math.abs(total.before),
      contribution: null,
    },
    ...movers.map((mover) => ({ ...mover, name: seriesName({ group: mover.group, output: "value" }, metric) })),
  ];
  const numbers = (["before", "now", "difference"] as const).map((key) => showColumn(lines.map((line) => line[key])));
  const rows = lines.map(({ contribution, growth, name }, index) => [
    name,
    ...numbers.map((column) => column[index] ?? ""),
    signedPercent(growth),
    ...(adds ? [index === 0 ? "" : percent(contribution)] : []),
  ]);
  const heads = ["before", "now", "difference", "growth", ...(adds ? ["of the change"] : [])];
  const columns = [{ title: output === "value" ? "" : output }, ...heads.map((head) => ({ title: head, align: "right" as const }))];
  const rest =
    others.groups === 0
      ? ""
      : `… and ${plural(others.groups, "group")} more${others.difference === null ? "" : `, together ${showNumber(others.difference)}`}\n`;
  const remarks = adds ? [] : ["Groups of this measure do not add up to its total, so none has a share of the change."];
  return [title, `${table(columns, rows)}${rest}`, closingLines(answer, remarks, terminal)].join("\n");
}
