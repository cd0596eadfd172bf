import type { FunnelAnswer, FunnelGroup } from "../../queries/index.ts";
import { footerLines, headingLine, percent } from "./answer-lines.ts";
import { bar } from "./bar.ts";
import { plural, showNumber, showSeconds } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const BAR = 24;
/** More groups than these are not compared by eye. */
const SHOWN_GROUPS = 20;

/** A funnel for reading: each step with its bar, shares and times; a row a group where it is broken down. */
export function funnelView(answer: FunnelAnswer, terminal: Pick<Terminal, "paint">): string {
  const steps = answer.groups[0]?.steps.length ?? 0;
  const title = answer.by === null ? "funnel" : `funnel by ${printable(answer.by)}`;
  const open = answer.groups.reduce((total, group) => total + group.open, 0);
  const remarks =
    open === 0 ? [] : [`${plural(open, "entity", "entities")} may still go on: the window is not over, or not all of it is ingested`];
  const [only] = answer.groups;
  const body = only === undefined ? "Nobody entered in this range.\n" : answer.by === null ? stepTable(only) : groupTable(answer);
  return [
    headingLine(answer, title, `${steps === 0 ? "" : `${plural(steps, "step")} `}within ${answer.window}`, terminal),
    body,
    footerLines(answer, remarks, terminal),
  ].join("\n");
}

function stepTable({ steps }: FunnelGroup): string {
  const most = steps[0]?.entities ?? 0;
  const columns: Column[] = [
    { title: "step" },
    { title: "" },
    ...["entities", "of first", "of previous", "median", "p90"].map((title) => ({ title, align: "right" as const })),
  ];
  const rows = steps.map(({ entities, event, fromPrevious, ofFirst, ofPrevious, step }) => [
    `${step} ${printable(event)}`,
    bar(entities, most, BAR).padEnd(BAR),
    showNumber(entities),
    percent(ofFirst),
    step === 1 ? "" : percent(ofPrevious),
    step === 1 ? "" : fromPrevious ? showSeconds(fromPrevious.median) : "–",
    step === 1 ? "" : fromPrevious ? showSeconds(fromPrevious.p90) : "–",
  ]);
  return table(columns, rows);
}

function groupTable({ by, groups }: FunnelAnswer): string {
  const steps = groups[0]?.steps ?? [];
  const columns: Column[] = [
    { title: printable(by ?? "") },
    ...steps.flatMap(({ event, step }) => [
      { title: `${step} ${printable(event)}`, align: "right" as const },
      ...(step === 1 ? [] : [{ title: "of first", align: "right" as const }]),
    ]),
  ];
  const rows = groups
    .slice(0, SHOWN_GROUPS)
    .map((group) => [
      printable(String(Object.values(group.group)[0] ?? "none")),
      ...group.steps.flatMap(({ entities, ofFirst, step }) => [showNumber(entities), ...(step === 1 ? [] : [percent(ofFirst)])]),
    ]);
  const rest = groups.length - SHOWN_GROUPS;
  return `${table(columns, rows)}${rest > 0 ? `… and ${plural(rest, "smaller group")}: --format csv lists them all.\n` : ""}`;
}
