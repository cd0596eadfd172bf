import type { TrendAnswer } from "../../queries/index.ts";

type Value = string | number | boolean | null;

/** The columns of an answer's rows: the bucket, then the dimensions, then the values. */
function columnsOf({ groupBy, outputs, rows }: TrendAnswer): Record<string, Value[]> {
  const columns: Record<string, Value[]> = {
    start: rows.map(({ start }) => start.toISOString()),
    end: rows.map(({ end }) => end.toISOString()),
    state: rows.map(({ state }) => state),
    partial: rows.map(({ partial }) => partial),
  };
  for (const dimension of groupBy) columns[dimension] = rows.map(({ group }) => group[dimension] ?? null);
  for (const output of outputs) columns[output] = rows.map(({ values }) => values[output] ?? null);
  return columns;
}

/** An answer as CSV (RFC 4180, line feeds), with a header; null is an empty field. */
export function trendCsv(answer: TrendAnswer): string {
  const columns = columnsOf(answer);
  const values = Object.values(columns);
  return csvLine(Object.keys(columns)) + answer.rows.map((_, index) => csvLine(values.map((column) => column[index] ?? null))).join("");
}

function csvLine(cells: readonly Value[]): string {
  return `${cells.map(csvCell).join(",")}\n`;
}

/** Text that a spreadsheet would take as a formula stays text to every CSV reader: only what the format needs is quoted. */
function csvCell(value: Value): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An answer as an Arrow IPC file: `start` and `end` as timestamps, values as doubles or text. */
export async function trendArrow(answer: TrendAnswer): Promise<Uint8Array> {
  // Loaded here: it takes 170 ms, and only this format needs it.
  const { Bool, Float64, makeData, Table, tableToIPC, TimestampMillisecond, Utf8, Vector, vectorFromArray } = await import("apache-arrow");
  const times = (dates: readonly Date[]): InstanceType<typeof Vector> => {
    const data = BigInt64Array.from(dates, (date) => BigInt(date.getTime()));
    return new Vector([makeData({ type: new TimestampMillisecond("UTC"), length: data.length, data })]);
  };
  const vectorOf = (values: readonly Value[]): InstanceType<typeof Vector> => {
    if (values.some((value) => typeof value === "string"))
      return vectorFromArray(
        values.map((value) => value?.toString() ?? null),
        new Utf8(),
      );
    if (values.some((value) => typeof value === "boolean")) return vectorFromArray(values, new Bool());
    return vectorFromArray(values, new Float64());
  };
  const { start: _start, end: _end, ...rest } = columnsOf(answer);
  const { rows } = answer;
  const table = new Table({
    start: times(rows.map(({ start }) => start)),
    end: times(rows.map(({ end }) => end)),
    ...Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, vectorOf(values)])),
  });
  return tableToIPC(table, "file");
}
