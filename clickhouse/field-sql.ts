import type { Field } from "../model/index.ts";
import { identifier } from "./identifier.ts";

/**
 * The SQL expression of a field over the `events` table, and its ClickHouse type. It never throws, whatever `data` holds: a value of another
 * type reads as null, because a view that throws would stop ingest. Typed subcolumns (`data.a.:Int64`) are 1.5 to 2 times as fast as casts of
 * the dynamic path (17 against 35 ms over 2 million rows). Integers are Int64: a declared integer field has none beyond 2^53, because ingest sets
 * events that break their schema aside; one from before the declaration that is beyond 2^63 reads as null.
 */
export function fieldSql(field: Field): { readonly expression: string; readonly type: string } {
  if (field.column !== "data" && field.column !== "enriched") return { expression: identifier(field.column), type: "String" };
  const path = [field.column, ...field.path.map(identifier)].join(".");
  switch (field.type) {
    case "string":
      return { expression: `${path}.:String`, type: "Nullable(String)" };
    case "boolean":
      return { expression: `${path}.:Bool`, type: "Nullable(Bool)" };
    case "integer":
      return { expression: `coalesce(${path}.:Int64, accurateCastOrNull(${path}.:Float64, 'Int64'))`, type: "Nullable(Int64)" };
    case "number":
      return {
        expression: `coalesce(${path}.:Float64, toFloat64(${path}.:Int64), toFloat64(${path}.:UInt64))`,
        type: "Nullable(Float64)",
      };
  }
}
