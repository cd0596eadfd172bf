import { createInterface } from "node:readline";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import type { Landing, NumberedRows, SpineColumn } from "./landing.ts";
import type { SpineSource } from "./spine-source.ts";

/**
 * CSV lands as text, column by column; an empty field is a missing value. What a column holds is decided from all of its values, not from a sample:
 * `007` or a 20-digit id anywhere makes the column text.
 */
export async function csvLanding(source: SpineSource): Promise<Landing> {
  const names = csvFields(await firstLine(source));
  if (!names) throw new QueryError(`${source.name} has no header: its first line must name the columns, on that one line.`);
  const columns = names.map((_, index) => `c${index}`);
  return {
    ddl: columns.map((column) => `${column} Nullable(String)`).join(", "),
    columns,
    format: "CSV",
    settings: { input_format_csv_skip_first_lines: 1, input_format_csv_trim_whitespaces: 0, input_format_csv_empty_as_default: 1 },
    rowNoun: "Row",
    describe: (clickhouse, rows) => describeColumns(clickhouse, rows, names),
  };
}

async function firstLine(source: SpineSource): Promise<string> {
  const bytes = await source.open();
  try {
    for await (const line of createInterface({ input: bytes, crlfDelay: Infinity })) return line.replace(/^\uFEFF/, "");
    return "";
  } finally {
    bytes.destroy();
  }
}

/** The fields of one CSV line (RFC 4180), or undefined if it has none or a quoted one does not end. */
function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  while (field.lastIndex <= line.length) {
    const match = field.exec(line);
    if (!match) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") break;
  }
  return line === "" ? undefined : fields;
}

interface Kind {
  readonly type: string;
  /** Holds if a text is a value of the kind, written as the kind writes it. */
  readonly fits: (text: string) => string;
  readonly value: (text: string) => string;
}

/** Tried in this order; what none of them fits is text. Whole numbers beyond 15 digits are ids, not measurements: they stay text unless they fit 64 bits. */
const KINDS: readonly Kind[] = [
  { type: "Nullable(Int64)", fits: (text) => `toString(toInt64OrNull(${text})) = ${text}`, value: (text) => `toInt64OrNull(${text})` },
  {
    type: "Nullable(Float64)",
    fits: (text) =>
      `match(${text}, '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$') AND (length(${text}) <= 15 OR match(${text}, '[.eE]')) AND isFinite(toFloat64OrNull(${text}))`,
    value: (text) => `toFloat64OrNull(${text})`,
  },
  {
    type: "Nullable(Bool)",
    fits: (text) => `lower(${text}) IN ('true', 'false')`,
    value: (text) => `CAST(lower(${text}) = 'true', 'Nullable(Bool)')`,
  },
];

async function describeColumns(clickhouse: ClickHouse, rows: NumberedRows, names: readonly string[]): Promise<readonly SpineColumn[]> {
  const misfits = names.flatMap((_, index) =>
    KINDS.map(
      ({ fits }, kind) =>
        `countIf(c${index} IS NOT NULL AND NOT ifNull(${fits(`c${index}`)}, false)) + (count(c${index}) = 0) AS c${index}_${kind}`,
    ),
  );
  const [counts] = await clickhouse.rows<Record<string, string>>({
    name: "Look at the spine's columns",
    sql: `SELECT ${misfits.join(", ")} FROM ${rows.sql}`,
  });
  return names.map((name, index) => {
    const text = `c${index}`;
    const kind = KINDS.find((_, place) => counts?.[`${text}_${place}`] === "0");
    return { name, type: kind?.type ?? "Nullable(String)", value: kind?.value(text) ?? text, text };
  });
}
