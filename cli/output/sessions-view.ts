import type { SessionsAnswer, Spread, SpreadClass } from "../../queries/index.ts";
import { footerLines, headingLine, percent } from "./answer-lines.ts";
import { bar } from "./bar.ts";
import { plural, showNumber, showSeconds } from "./numbers.ts";
import { table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const BAR = 30;

/** Sessions for reading: how many, how long, how deep, and how both are spread. */
export function sessionsView(answer: SessionsAnswer, terminal: Pick<Terminal, "paint">): string {
  const { depth, depths, entities, eventCount, gap, length, lengths, open, sessions } = answer;
  const remarks = open === 0 ? [] : [`${plural(open, "session")} may still go on`];
  const counts = `${plural(sessions, "session")} of ${plural(entities, "entity", "entities")}, ${plural(eventCount, "event")}\n`;
  const body =
    length && depth
      ? [
          counts,
          spreadTable(length, depth),
          classTable("length", lengths, sessions, lengthClass),
          classTable("depth", depths, sessions, depthClass),
        ]
      : ["No sessions begin in this range.\n"];
  return [headingLine(answer, "sessions", `gap ${gap}`, terminal), ...body, footerLines(answer, remarks, terminal)].join("\n");
}

function spreadTable(length: Spread, depth: Spread): string {
  const columns: Column[] = [{ title: "" }, ...["median", "mean", "p90", "most"].map((title) => ({ title, align: "right" as const }))];
  return table(columns, [
    ["length", ...[length.median, length.mean, length.p90, length.max].map(showSeconds)],
    ["depth", ...[depth.median, depth.mean, depth.p90, depth.max].map(showNumber)],
  ]);
}

function classTable(title: string, classes: readonly SpreadClass[], total: number, name: (each: SpreadClass) => string): string {
  const most = Math.max(...classes.map(({ sessions }) => sessions));
  const columns: Column[] = [
    { title, align: "right" },
    { title: "sessions", align: "right" },
    { title: "share", align: "right" },
    { title: "" },
  ];
  return table(
    columns,
    classes.map((each) => [name(each), showNumber(each.sessions), percent(each.sessions / total), bar(each.sessions, most, BAR)]),
  );
}

function lengthClass({ below, from }: SpreadClass): string {
  return below === null ? `${shortLength(from)} and more` : `under ${shortLength(below)}`;
}

function shortLength(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${seconds / 60} m` : `${seconds / 3_600} h`;
}

function depthClass({ below, from }: SpreadClass): string {
  if (below === null) return `${from} and more`;
  return below === from + 1 ? String(from) : `${from}–${below - 1}`;
}
