export { connectClickHouse, type BinaryInsert, type ClickHouse, type ClickHouseOptions, type Statement } from "./connect.ts";
export { ClickHouseFailure, type FailureKind } from "./errors.ts";
export { fieldSql } from "./field-sql.ts";
export { identifier, literal } from "./identifier.ts";
export { measureSql, type MeasureOutput, type MeasureSql, type StateColumn } from "./measure-sql.ts";
export { rollupColumns, rollupTable, statesOfEvents, type DimensionColumn, type RollupTable } from "./rollup-table.ts";
export { BASE_TABLES, DEDUPLICATION_SETTINGS, type BaseTable } from "./schema/base-tables.ts";
