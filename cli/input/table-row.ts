import { scalarTypes, type FieldType, type LookupTable } from "../../model/index.ts";

/** A row of a lookup table, ready to be stored. */
export interface TableRow {
  readonly key: string;
  /** The table's fields as JSON. */
  readonly row: string;
}

/** Longest key in UTF-8, in bytes: NATS holds it, in base64, as part of a subject. */
const LONGEST_KEY = 512;

/**
 * Checks a row against the table's fields; columns that are none are left out.
 * @param as "text": the values are texts, as CSV has them: an empty one is none, and numbers and booleans are read
 */
export function resolveTableRow(value: unknown, table: LookupTable, key: string, as?: "text"): TableRow | { readonly problem: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "not a JSON object" };
  const row = as === "text" ? typed(value as Record<string, string>, scalarTypes(table.fields)) : (value as Record<string, unknown>);
  const id = (value as Record<string, unknown>)[key];
  if ((typeof id !== "string" && typeof id !== "number") || id === "") return { problem: `lacks the key "${key}"` };
  if (Buffer.byteLength(String(id)) > LONGEST_KEY) return { problem: `the key is longer than ${LONGEST_KEY} bytes` };
  const checked = table.fields.safeParse(row);
  if (checked.success) return { key: String(id), row: JSON.stringify(checked.data) };
  const [issue] = checked.error.issues;
  return { problem: `"${issue?.path.join(".") ?? ""}" does not fit the table's fields (${issue?.code ?? "custom"})` };
}

/** Values of the types that the fields want; a text that is no such value stays a text, for the schema to refuse. */
function typed(record: Readonly<Record<string, string>>, types: ReadonlyMap<string, FieldType>): Record<string, unknown> {
  const filled = Object.entries(record).filter(([, text]) => text !== "");
  return Object.fromEntries(filled.map(([name, text]) => [name, valueOf(text, types.get(name))]));
}

function valueOf(text: string, type: FieldType | undefined): unknown {
  if ((type === "number" || type === "integer") && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
