import type { AsOfJoinAnswer } from "../../queries/index.ts";
import { plural } from "./numbers.ts";
import { closingLines, titleLine } from "./signal-lines.ts";
import { printable, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const MOST_ROWS = 62;

/** Events and what was known before each, for reading: a table, of the last ones if there are many. */
export function asOfJoinView(answer: AsOfJoinAnswer, terminal: Pick<Terminal, "paint">): string {
  const { event, fields, lookUp, lookUpFields, rows } = answer;
  const title = titleLine(answer, `${event} with ${lookUp}`, plural(rows.length, "event"), terminal);
  if (rows.length === 0) return [title, "No such events in this range.\n", closingLines(answer, [], terminal)].join("\n");
  const shown = rows.slice(-MOST_ROWS);
  const columns = ["time", "instrument", ...fields, `${lookUp} at`, ...lookUpFields.map((field) => `${lookUp} ${field}`)];
  const cells = shown.map(({ fields: own, found, instrument, time }) => [
    time.toISOString(),
    shownValue(instrument),
    ...fields.map((field) => shownValue(own[field])),
    found ? found.time.toISOString() : "–",
    ...lookUpFields.map((field) => shownValue(found?.fields[field])),
  ]);
  const rest = rows.length - shown.length;
  const more = rest > 0 ? `… and ${plural(rest, "earlier one")}: --format csv lists them all.\n` : "";
  return [
    title,
    `${table(
      columns.map((name) => ({ title: printable(name) })),
      cells,
    )}${more}`,
    closingLines(answer, [], terminal),
  ].join("\n");
}

function shownValue(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? "–" : printable(String(value));
}
