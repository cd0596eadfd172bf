import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureSet } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { featureColumns } from "./feature-columns.ts";
import { featureStatistics } from "./feature-statistics.ts";
import type { Manifest } from "./manifest.ts";
import type { SpineTable } from "./spine-table.ts";
import type { TrainingPart } from "./split.ts";

type Described = Manifest["columns"][number];
type DescribedFeature = Extract<Described, { role: "feature" }>;

/** A column of a training set before its values are looked at: `column` is its name in the table, `name` in the file. */
export type TrainingColumn = { readonly column: string } & (
  Omit<Exclude<Described, DescribedFeature>, "nulls"> | Omit<DescribedFeature, "nulls" | "statistics">
);

/** What a file is to hold, and what the manifest says of it. */
export interface MeasuredPart extends Pick<Manifest, "rows" | "content" | "columns" | "split"> {
  readonly part: TrainingPart;
  /** SELECT of its rows, in order. */
  readonly select: string;
}

/** The columns of a training set, in order: the entity, `time`, what the spine carries, the features. */
export function trainingColumns({ carried, entity }: SpineTable, set: FeatureSet): readonly TrainingColumn[] {
  return [
    ...entity.map((each) => ({ ...each, role: "entity" as const })),
    { name: "time", type: "DateTime64(6, 'UTC')", role: "time", column: "spine_time" },
    ...carried.map((each) => ({ ...each, role: "carried" as const })),
    ...featureColumns(set).map(({ clickhouseType, column, definition, description, missing, name, unit }) => {
      return { name, type: clickhouseType, role: "feature" as const, column, unit, missing, definition, description };
    }),
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
  const all = Number(counts?.["all"] ?? 0);
  const features = columns.filter(({ role }) => role === "feature");
  const statistics = await featureStatistics(clickhouse, rows, features, all);
  const described = columns.map(({ column, ...about }, index): Described => {
    const known = Number(counts?.[`nulls_${index}`] ?? 0);
    if (about.role !== "feature") return { ...about, nulls: known };
    const own = statistics.get(column);
    if (!own) throw new Error(`Feature ${about.name} was not measured.`);
    return { ...about, nulls: known, statistics: own };
  });
  return {
    part,
    rows: all,
    content: counts?.["content"]?.padStart(32, "0") ?? "",
    columns: described,
    select: `SELECT ${columns.map(({ column, name }) => `${column} AS ${identifier(name)}`).join(", ")} FROM ${table} WHERE ${part.condition}`,
    ...(part.split ? { split: part.split } : {}),
  };
}
