import type { DimensionValue } from "../../model/index.ts";

/** A value of a column; a Date is a moment. */
export type ColumnValue = string | number | boolean | Date | null;

/** Of which kind the values of a column are, also where there are none. */
export type ColumnType = "time" | "text" | "number" | "flag";

/** One column of an answer's rows. */
export interface Column {
  readonly type: ColumnType;
  readonly values: readonly ColumnValue[];
}

/** Columns of an answer by their names, in order, all of one length. */
export type Columns = Readonly<Record<string, Column>>;

/** Moments. */
export const times = (values: readonly (Date | null)[]): Column => ({ type: "time", values });
/** Words. */
export const texts = (values: readonly (string | null)[]): Column => ({ type: "text", values });
/** Numbers. */
export const numbers = (values: readonly (number | null)[]): Column => ({ type: "number", values });
/** Yes or no. */
export const flags = (values: readonly (boolean | null)[]): Column => ({ type: "flag", values });

/** Values of a dimension, whose type the values tell: text if there is any, and if there are none. Integers beyond 2^53 are text. */
export function dimension(values: readonly DimensionValue[]): Column {
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.some((value) => typeof value === "string"))
    return texts(values.map((value) => value?.toString() ?? null));
  return known.some((value) => typeof value === "boolean") ? { type: "flag", values } : { type: "number", values };
}

/** Values of a measure: numbers, or the text of a first or last. */
export function measured(values: readonly (number | string | null)[]): Column {
  const isText = values.some((value) => typeof value === "string");
  return isText ? texts(values.map((value) => value?.toString() ?? null)) : { type: "number", values };
}

/** A column's name that none has yet: a metric may be called as a dimension is. */
export function nameFor(columns: Columns, name: string): string {
  return Object.hasOwn(columns, name) ? nameFor(columns, `${name}_value`) : name;
}
