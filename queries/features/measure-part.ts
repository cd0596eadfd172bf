import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureSet } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { featureColumns } from "./feature-columns.ts";
import { featureStatistics } from "./feature-statistics.ts";
import type { Manifest } from "./manifest.ts";
import type { SpineTable } from "./spine-table.ts";
import type { TrainingPart } from "./split.ts";

/** A column of a training set: `column` is its name in the table, `name` in the file. */
export interface TrainingColumn {
  readonly name: string;
  /** ClickHouse type. */
  readonly type: string;
  readonly role: Manifest["columns"][number]["role"];
  readonly column: string;
}

/** What a file is to hold, and what the manifest says of it. */
export interface MeasuredPart extends Pick<Manifest, "rows" | "content" | "columns" | "split"> {
  readonly part: TrainingPart;
  /** SELECT of its rows, in order. */
  readonly select: string;
}

/** The columns of a training set, in order: `entity`, `time`, what the spine carries, the features. */
export function trainingColumns({ carried }: SpineTable, set: FeatureSet): readonly TrainingColumn[] {
  return [
    { name: "entity", type: "String", role: "entity", column: "spine_entity" },
    { name: "time", type: "DateTime64(6, 'UTC')", role: "time", column: "spine_time" },
    ...carried.map((each) => ({ ...each, role: "carried" as const })),
    ...featureColumns(set).map(({ name, type, column }) => ({ name, type, role: "feature" as const, column })),
  ];
}

/** Counts and measures the rows of one part. @throws QueryError if it has none */
export async function measurePart(
  clickhouse: ClickHouse,
  table: string,
  columns: readonly TrainingColumn[],
  part: TrainingPart,
): Promise<MeasuredPart> {
  const rows = `(SELECT * FROM ${table} WHERE ${part.condition})`;
  const nulls = columns.map(({ column }, index) => `countIf(isNull(${column})) AS nulls_${index}`);
  // A hash of a null is null: each value is hashed as text, and whether it is there.
  const values = columns.flatMap(({ column }) => [`isNull(${column})`, `ifNull(toString(${column}), '')`]);
  const place = `reinterpretAsUInt128(sipHash128(spine_row, ${values.join(", ")}))`;
  const [counts] = await clickhouse.rows<Record<string, string>>({
    name: "Count what is missing",
    sql: `SELECT count() AS all, lower(hex(groupBitXor(${place}))) AS content, ${nulls.join(", ")} FROM ${rows}`,
  });
  if (counts?.["all"] === "0")
    throw new QueryError(`The split "${part.split?.rule ?? ""}" leaves ${part.split?.part ?? "the file"} without a row: split elsewhere.`);
  const described: Manifest["columns"] = [];
  for (const [index, { column, name, type, role }] of columns.entries()) {
    const statistics = role === "feature" ? { statistics: await featureStatistics(clickhouse, rows, { column, type }) } : {};
    described.push({ name, type, role, nulls: Number(counts?.[`nulls_${index}`] ?? 0), ...statistics });
  }
  return {
    part,
    rows: Number(counts?.["all"] ?? 0),
    content: counts?.["content"]?.padStart(32, "0") ?? "",
    columns: described,
    select: `SELECT ${columns.map(({ column, name }) => `${column} AS ${identifier(name)}`).join(", ")} FROM ${table} WHERE ${part.condition}`,
    ...(part.split ? { split: part.split } : {}),
  };
}
