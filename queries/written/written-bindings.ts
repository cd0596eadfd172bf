import { literal } from "../../clickhouse/index.ts";
import { Bindings } from "../bindings.ts";

/**
 * Values that are written out, for SQL that is kept as text: who runs a dashboard's query sends no parameters. A "$" is written by its number, since Grafana and its data source look for variables and macros in strings too.
 */
export class WrittenBindings extends Bindings {
  override bind(type: string, value: unknown): string {
    return `CAST(${written(value)}, ${literal(type)})`;
  }

  /** A text as SQL. */
  text(value: string): string {
    return written(value);
  }
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return literal(value).replaceAll("$", "\\x24");
  throw new TypeError(`A ${typeof value} cannot be written as SQL.`);
}
