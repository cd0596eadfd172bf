import type { RetentionAnswer, RetentionCohort } from "../../queries/index.ts";
import { footerLines, headingLine, percent } from "./answer-lines.ts";
import { bucketName } from "./local-time.ts";
import { plural, showNumber } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Columns of a terminal that a share takes, and those that come before the shares. */
const CELL = 9;
const HEAD = 28;

/** Cohorts for reading: a row each, with the share that returned in the same period, the next one, and so on. */
export function retentionView(answer: RetentionAnswer, terminal: Pick<Terminal, "paint" | "width">): string {
  const { cohort, cohorts, first, period, returning, timezone } = answer;
  const shown = Math.min(cohorts.length, Math.max(3, Math.floor((terminal.width - HEAD) / CELL)));
  const places = Array.from({ length: shown }, (_, index) => index);
  const columns: Column[] = [
    { title: cohort === "first" ? "first in" : "active in" },
    ...["entities", ...places.map(String)].map((title) => ({ title, align: "right" as const })),
  ];
  const rows = cohorts.map((row, index) => [
    bucketName(row.start, period, timezone),
    showNumber(row.size),
    ...places.map((later) => cell(row, cohorts[index + later], later)),
  ]);
  const all = [
    "all",
    showNumber(cohorts.reduce((total, { size }) => total + size, 0)),
    ...places.map((later) => percent(average(cohorts, later))),
  ];
  const remarks = [
    ...(cohorts.some(({ state }) => state !== "final")
      ? ['~ the period is not over, or late events may still come; "all" leaves out periods that are not over']
      : []),
    ...(shown < cohorts.length ? [`${plural(cohorts.length - shown, "later period")} not shown: --format csv lists them all`] : []),
  ];
  const title =
    first === returning ? `retention with ${printable(first)}` : `retention from ${printable(first)} to ${printable(returning)}`;
  return [
    headingLine(answer, title, `${plural(cohorts.length, "period")} of ${period}`, terminal),
    table(columns, [...rows, all]),
    footerLines(answer, remarks, terminal),
  ].join("\n");
}

function cell({ returned, size }: RetentionCohort, period: RetentionCohort | undefined, later: number): string {
  const count = returned[later];
  if (count === undefined || !period) return "";
  return `${period.state === "final" ? "" : "~"}${percent(size === 0 ? null : count / size)}`;
}

/** The share of all cohorts that had the chance: those whose period so much later is over. */
function average(cohorts: readonly RetentionCohort[], later: number): number | null {
  const ripe = cohorts.filter((_, index) => (cohorts[index + later]?.state ?? "open") !== "open");
  const size = ripe.reduce((total, cohort) => total + cohort.size, 0);
  return size === 0 ? null : ripe.reduce((total, { returned }) => total + (returned[later] ?? 0), 0) / size;
}
