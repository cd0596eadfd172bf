import type { TrendAnswer } from "../../queries/index.ts";

type Value = string | number | boolean | null;

/** The columns of an answer's rows: the bucket, then the dimensions (and whether it is all other groups), then the values, then those of the other period. */
function columnsOf(answer: TrendAnswer): Record<string, Value[]> {
  const { comparedWith, groupBy, outputs, rows } = answer;
  const columns: Record<string, Value[]> = {
    start: rows.map(({ start }) => start.toISOString()),
    end: rows.map(({ end }) => end.toISOString()),
    state: rows.map(({ state }) => state),
    partial: rows.map(({ partial }) => partial),
  };
  for (const dimension of groupBy) columns[dimension] = rows.map(({ group }) => group[dimension] ?? null);
  if (rows.some(({ other }) => other)) columns["other"] = rows.map(({ other }) => other === true);
  // A metric may be called as a dimension is.
  for (const output of outputs) columns[nameFor(columns, output)] = rows.map(({ values }) => values[output] ?? null);
  if (!comparedWith) return columns;
  for (const output of outputs) {
    columns[nameFor(columns, `${output}_compared`)] = rows.map(({ compared }) => compared?.values[output] ?? null);
    columns[nameFor(columns, `${output}_growth`)] = rows.map(({ compared }) => compared?.growth[output] ?? null);
  }
  return columns;
}

function nameFor(columns: Readonly<Record<string, Value[]>>, name: string): string {
  return Object.hasOwn(columns, name) ? nameFor(columns, `${name}_value`) : name;
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
