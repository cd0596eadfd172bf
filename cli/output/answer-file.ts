import { columnsOf, toArrow, type RowsAnswer } from "../../queries/index.ts";

/** An answer's rows as CSV (RFC 4180, line feeds), with a header; null is an empty field, a moment is RFC 3339. */
export function answerCsv(answer: RowsAnswer): string {
  const columns = columnsOf(answer);
  const values = Object.values(columns).map((column) => column.values);
  return csvLine(Object.keys(columns)) + (values[0] ?? []).map((_, row) => csvLine(values.map((column) => column[row] ?? null))).join("");
}

type Cell = string | number | boolean | Date | null;

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\n`;
}

/** Text that a spreadsheet would take as a formula stays text to every CSV reader: only what the format needs is quoted. */
function csvCell(value: Cell): string {
  const text = value === null ? "" : value instanceof Date ? value.toISOString() : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An answer's rows as an Arrow IPC file. */
export async function answerArrow(answer: RowsAnswer): Promise<Uint8Array> {
  const { tableToIPC } = await import("apache-arrow");
  return tableToIPC(await toArrow(answer), "file");
}
