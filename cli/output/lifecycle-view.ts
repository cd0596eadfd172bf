import type { LifecycleAnswer, LifecycleRow } from "../../queries/index.ts";
import { footerLines, headingLine } from "./answer-lines.ts";
import { bucketName } from "./local-time.ts";
import { plural, showNumber } from "./numbers.ts";
import { printable, table, type Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Characters that the longest bar takes, those who went and those who were there together. */
const BAR = 40;

/** A lifecycle for reading: a row a period, with those who went to the left of a line and those who were there to the right. */
export function lifecycleView(answer: LifecycleAnswer, terminal: Pick<Terminal, "paint">): string {
  const { events, period, rows, timezone } = answer;
  const columns: Column[] = [
    { title: "period" },
    ...["new", "returning", "resurrecting", "dormant"].map((title) => ({ title, align: "right" as const })),
    { title: "" },
  ];
  const left = Math.max(...rows.map(({ dormant }) => dormant), 0);
  const right = Math.max(...rows.map(active), 0);
  const scale = left + right === 0 ? 0 : BAR / (left + right);
  const lines = rows.map((row) => [
    `${bucketName(row.start, period, timezone)}${row.state === "final" ? "" : " ~"}`,
    ...[row.new, row.returning, row.resurrecting, row.dormant].map(showNumber),
    picture(row, scale, Math.ceil(left * scale)),
  ]);
  const remarks = [
    "░ dormant │ █ new ▓ returning ▒ resurrecting",
    ...(rows.some(({ state }) => state !== "final") ? ["~ the period is not over, or late events may still come"] : []),
  ];
  const title = `lifecycle of ${printable(events.join(", "))}`;
  return [
    headingLine(answer, title, `${plural(rows.length, "period")} of ${period}`, terminal),
    table(columns, lines),
    footerLines(answer, remarks, terminal),
  ].join("\n");
}

function active(row: LifecycleRow): number {
  return row.new + row.returning + row.resurrecting;
}

/** Each part begins where the one before ends, rounded: the whole is as long as its number. */
function picture(row: LifecycleRow, scale: number, left: number): string {
  const gone = "░".repeat(Math.round(row.dormant * scale)).padStart(left);
  let drawn = 0;
  let total = 0;
  const parts = [row.new, row.returning, row.resurrecting].map((count, index) => {
    total += count;
    const length = Math.round(total * scale) - drawn;
    drawn += length;
    return "█▓▒".charAt(index).repeat(length);
  });
  return `${gone}│${parts.join("")}`;
}
