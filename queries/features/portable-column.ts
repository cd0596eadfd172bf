import { identifier } from "../../clickhouse/index.ts";
import type { SpineColumn } from "./landing.ts";

/** Types that readers of Arrow or Parquet see as bare numbers or bytes, and what becomes of them: a moment of seconds is `uint32` in Arrow, an enum `int8`, a UUID of 16 bytes. */
const OTHERS: readonly { readonly types: RegExp; readonly type: string; readonly value: (column: string) => string }[] = [
  { types: /^DateTime(\(|$)/, type: "DateTime64(6, 'UTC')", value: (column) => `toDateTime64(${column}, 6, 'UTC')` },
  { types: /^FixedString\(/, type: "String", value: (column) => `toStringCutToZero(${column})` },
  { types: /^(Enum|UUID|IPv[46])/, type: "String", value: (column) => `toString(${column})` },
];

/** A column of a statement as a training set carries it, so that what it holds is the same for every reader: a moment is a timestamp of microseconds in UTC; enums, UUIDs and addresses are texts. */
export function portableColumn(name: string, type: string): SpineColumn {
  const column = identifier(name);
  const inner = /^Nullable\((.*)\)$/.exec(type)?.[1];
  const other = OTHERS.find(({ types }) => types.test(inner ?? type));
  const text = `toString(${column})`;
  if (!other) return { name, type, value: column, text };
  return { name, type: inner === undefined ? other.type : `Nullable(${other.type})`, value: other.value(column), text };
}
