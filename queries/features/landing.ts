import type { ClickHouse } from "../../clickhouse/index.ts";
import { csvLanding } from "./csv-landing.ts";
import { ndjsonLanding } from "./ndjson-landing.ts";
import { parquetLanding } from "./parquet-landing.ts";
import { queryLanding } from "./query-source.ts";
import type { SpineSource } from "./spine-source.ts";

/** How a spine gets into ClickHouse as it came, before anything is known of its contents. */
export interface Landing {
  /** Columns of the table it lands in, as DDL. */
  readonly ddl: string;
  /** The same columns' names, quoted. */
  readonly columns: readonly string[];
  /** ClickHouse's name of the format, and how it is read. */
  readonly format: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** What a row is called in error sentences. */
  readonly rowNoun: "Row" | "Line";
  /** A condition for rows that do not count (empty lines). */
  readonly blank?: string;
  /** Learns the columns from the landed rows. */
  describe(clickhouse: ClickHouse, rows: NumberedRows): Promise<readonly SpineColumn[]>;
}

/** The landed rows as a subquery, and the name of the column with their number, from 0. */
export interface NumberedRows {
  readonly sql: string;
  readonly line: string;
}

/** A column of the spine, over the landed rows. */
export interface SpineColumn {
  readonly name: string;
  /** ClickHouse type of `value`. */
  readonly type: string;
  readonly value: string;
  /** The value as text, null if missing. */
  readonly text: string;
  /** Set if a time of this column has no zone, whatever the rows hold. */
  readonly zoneless?: boolean;
}

const LANDINGS: Readonly<Record<SpineSource["format"], (clickhouse: ClickHouse, source: SpineSource) => Promise<Landing>>> = {
  csv: (_clickhouse, source) => csvLanding(source),
  ndjson: (_clickhouse, source) => Promise.resolve(ndjsonLanding(source)),
  parquet: parquetLanding,
  query: queryLanding,
};

/** Chooses how a spine lands. @throws QueryError if its columns cannot be read */
export function landingOf(clickhouse: ClickHouse, source: SpineSource): Promise<Landing> {
  return LANDINGS[source.format](clickhouse, source);
}
