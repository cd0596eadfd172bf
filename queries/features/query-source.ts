import type { Readable } from "node:stream";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import { adHoc } from "../sql/ad-hoc.ts";
import type { Landing } from "./landing.ts";
import { portableColumn } from "./portable-column.ts";
import type { SpineSource } from "./spine-source.ts";

/** A spine that a SELECT gives. */
export interface SpineQuery {
  /** One SELECT with the columns `entity` and `time`; values as `{name:Type}`. Its rows are put in order of time, entity, and all other columns: the same rows are the same spine. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A statement may take as long as a build may: a day. */
const LONGEST = 86_400;
const MOST_ROWS = Number.MAX_SAFE_INTEGER;

/** A spine by the user's own SQL, which may only read. @throws QueryError if the statement is wrong, or lacks a column */
export async function querySource({ sql, params = {} }: SpineQuery, clickhouse: ClickHouse): Promise<SpineSource> {
  const inner = sql.replace(/[\s;]+$/, "");
  const names = (await describeQuery(clickhouse, inner, params)).map(({ name }) => name);
  const rest = names.filter((name) => name !== "time" && name !== "entity");
  const wanted = ["time", "entity"].filter((name) => names.includes(name));
  const ordered = `SELECT ${[...wanted, ...rest].map(identifier).join(", ")} FROM (\n${inner}\n) ORDER BY ALL`;
  return statementSource(clickhouse, "The query", { from: "sql", sql, params }, { sql: ordered, params });
}

/** A spine of what a statement gives, in its order. */
export function statementSource(
  clickhouse: ClickHouse,
  name: string,
  origin: SpineSource["origin"],
  query: NonNullable<SpineSource["query"]>,
): SpineSource {
  return { name, format: "query", origin, query, open: () => ask(clickhouse, query.sql, query.params, "RowBinary") };
}

interface Description {
  readonly name: string;
  readonly type: string;
}

/** What is not told by its type alone, or no file can hold. */
const NO_COLUMN = /\b(Dynamic|Variant|JSON|Object|AggregateFunction|Map|Tuple|Nested)\b/;

/** The rows of a statement know what they are: they land in columns of its own types. */
export async function queryLanding(clickhouse: ClickHouse, { query = { sql: "", params: {} } }: SpineSource): Promise<Landing> {
  const columns = await describeQuery(clickhouse, query.sql, query.params);
  return {
    ddl: columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", "),
    columns: columns.map(({ name }) => identifier(name)),
    format: "RowBinary",
    settings: {},
    rowNoun: "Row",
    describe: () => Promise.resolve(columns.map(({ name, type }) => portableColumn(name, type))),
  };
}

/** The columns of a statement. @throws QueryError if it is wrong, or no training set can hold one of them */
export async function describeQuery(
  clickhouse: ClickHouse,
  sql: string,
  params: Readonly<Record<string, unknown>>,
): Promise<readonly Description[]> {
  let text = "";
  for await (const chunk of await ask(clickhouse, `DESCRIBE (\n${sql}\n)`, params, "JSONEachRow")) text += String(chunk);
  const columns = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Description);
  const wrong = columns.find(({ type }) => NO_COLUMN.test(type));
  if (wrong)
    throw new QueryError(
      `Column "${wrong.name}" of the query is of type ${wrong.type}, which no training set can hold: cast it, as in ${wrong.name}.:Float64 or toString(${wrong.name}).`,
    );
  return columns;
}

function ask(clickhouse: ClickHouse, sql: string, params: Readonly<Record<string, unknown>>, format: string): Promise<Readable> {
  return adHoc(clickhouse, { sql, params, format, maxRows: MOST_ROWS, maxSeconds: LONGEST });
}
