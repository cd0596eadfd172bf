import type { z } from "zod";
import type { EventDefinition } from "./event.ts";

type Scalar = string | number | bigint | boolean | Date | null | undefined;

/** Dotted paths of `T` whose values are a `Wanted` (optional and nullable ones included); arrays are not entered. */
type PathOf<T, Wanted> = {
  [K in keyof T & string]-?: NonNullable<T[K]> extends Scalar
    ? NonNullable<T[K]> extends Wanted
      ? K
      : never
    : NonNullable<T[K]> extends readonly unknown[]
      ? never
      : NonNullable<T[K]> extends object
        ? `${K}.${PathOf<NonNullable<T[K]>, Wanted>}`
        : never;
}[keyof T & string];

/** CloudEvents attributes that a metric may use like a field. */
export type Attribute = "id" | "source" | "subject";

type DataPath<E extends EventDefinition, Wanted> = PathOf<z.infer<E["data"]>, Wanted>;

type EnrichedPath<E extends EventDefinition, Wanted> = {
  [Name in keyof E["enriched"] & string]: `enriched.${Name}.${PathOf<z.infer<E["enriched"][Name]>, Wanted>}`;
}[keyof E["enriched"] & string];

/** Any scalar field of an event: an attribute, a dotted path into `data` (`data.` in front where an attribute has the same name), or `enriched.<enricher>.<path>`. */
export type FieldOf<E extends EventDefinition> = Attribute | DataPath<E, Scalar> | `data.${DataPath<E, Scalar>}` | EnrichedPath<E, Scalar>;

/** A numeric field of an event's `data`: attributes are text, also where `data` has a number of the same name. */
export type NumericFieldOf<E extends EventDefinition> =
  Exclude<DataPath<E, number | bigint>, Attribute> | `data.${DataPath<E, number | bigint>}` | EnrichedPath<E, number | bigint>;

/** How a field's values behave in SQL: `integer` is exact to 64 bits, `number` is a double. */
export type FieldType = "string" | "number" | "integer" | "boolean";

/** A field reference after look-up: where it lives in the `events` table, and what it holds. */
export interface Field {
  /** As the user wrote it. */
  readonly ref: string;
  readonly column: Attribute | "data" | "enriched";
  /** Keys below the column; empty for an attribute. */
  readonly path: readonly string[];
  readonly type: FieldType;
  /** Whether an event that passed validation may lack it. */
  readonly nullable: boolean;
}

const ATTRIBUTES: readonly Attribute[] = ["id", "source", "subject"];

/** Looks up a field reference in an event's declaration, or says why it is none: the sentence names the fields there are. */
export function resolveField(event: EventDefinition, ref: string): Field | { readonly problem: string } {
  const attribute = ATTRIBUTES.find((name) => name === ref);
  if (attribute) return { ref, column: attribute, path: [], type: "string", nullable: false };
  const added = enrichedField(event, ref);
  if (added) return added;
  const fields = scalarFields(event);
  const withPath = (path: string): ScalarField | undefined => fields.find((field) => field.path.join(".") === path);
  // A member that is itself called "data" needs no second "data." unless another field has the rest of its path.
  const found = withPath(ref.replace(/^data\./, "")) ?? withPath(ref);
  if (found) return { ref, column: "data", ...found };
  const known = fieldNames(event).join(", ");
  return { problem: `event "${event.type}" has no scalar field "${ref}" (it has: ${known})` };
}

/** Names of every scalar field of an event, as a metric or a question may write them. */
export function fieldNames(event: EventDefinition): string[] {
  return [
    ...ATTRIBUTES,
    ...scalarFields(event).map(({ path }) => (isAttribute(path) ? `data.${path.join(".")}` : path.join("."))),
    ...enrichedFields(event).map(({ path }) => `enriched.${path.join(".")}`),
  ];
}

/** A field that an enricher adds. An event stored before there was the enricher lacks it, and so does one whose key a table lacks. */
function enrichedField(event: EventDefinition, ref: string): Field | undefined {
  const found = enrichedFields(event).find(({ path }) => `enriched.${path.join(".")}` === ref);
  return found && { ref, column: "enriched", ...found, nullable: true };
}

function enrichedFields(event: EventDefinition): readonly ScalarField[] {
  return Object.entries(event.enriched).flatMap(([name, fields]) =>
    scalarLeaves(fields).map(({ path, ...field }) => ({ ...field, path: [name, ...path] })),
  );
}

/** Whether a path into `data` would be read as an attribute. */
function isAttribute(path: readonly string[]): boolean {
  return path.length === 1 && ATTRIBUTES.some((name) => name === path[0]);
}

type ScalarField = Pick<Field, "path" | "type" | "nullable">;

/** Every scalar field of an event's `data`, as dotted paths in the order of declaration. */
export function scalarFields(event: EventDefinition): readonly ScalarField[] {
  return scalarLeaves(event.data);
}

/** Types of the scalar members of a schema, by their dotted paths. */
export function scalarTypes(schema: z.core.$ZodType): ReadonlyMap<string, FieldType> {
  return new Map(scalarLeaves(schema).map(({ path, type }) => [path.join("."), type]));
}

function scalarLeaves(schema: z.core.$ZodType): readonly ScalarField[] {
  return leavesOf(schema).flatMap(({ path, schema: leaf, nullable }) => {
    const type = fieldType(leaf);
    return type === undefined ? [] : [{ path, type, nullable }];
  });
}

/** A member that is no object, at any depth. */
interface Leaf {
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  readonly nullable: boolean;
}

/** The members of an object schema that are not objects themselves, in the order of declaration. */
export function leavesOf(schema: z.core.$ZodType, path: readonly string[] = [], nullable = false): readonly Leaf[] {
  const { inner, optional } = unwrap(schema);
  if (inner._zod.def.type !== "object") return [{ path, schema: inner, nullable: nullable || optional }];
  const { shape } = inner._zod.def as z.core.$ZodObjectDef;
  return Object.entries(shape).flatMap(([key, value]) => leavesOf(value, [...path, key], nullable || optional));
}

/** Strips the wrappers that change neither a value's type nor its place. */
function unwrap(schema: z.core.$ZodType): { inner: z.core.$ZodType; optional: boolean } {
  let inner = schema;
  let optional = false;
  while (["optional", "nullable", "readonly", "default", "nonoptional"].includes(inner._zod.def.type)) {
    optional ||= inner._zod.def.type !== "readonly" && inner._zod.def.type !== "nonoptional";
    inner = (inner._zod.def as z.core.$ZodOptionalDef).innerType;
  }
  return { inner, optional };
}

function fieldType(schema: z.core.$ZodType): FieldType | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case "number":
      return isInteger(schema) ? "integer" : "number";
    case "bigint":
      return "integer";
    case "boolean":
      return "boolean";
    case "string":
    case "enum":
    case "template_literal":
      return "string";
    case "literal":
      return literalType((def as z.core.$ZodLiteralDef<z.core.util.Literal>).values);
    default:
      return undefined;
  }
}

function literalType(values: readonly unknown[]): FieldType | undefined {
  if (values.every((value) => typeof value === "string")) return "string";
  if (values.every((value) => typeof value === "boolean")) return "boolean";
  if (values.every((value) => typeof value === "number")) return values.every(Number.isInteger) ? "integer" : "number";
  return undefined;
}

/** zod keeps the format of `z.int()` in the definition itself, that of `z.number().int()` among its checks. */
function isInteger(schema: z.core.$ZodType): boolean {
  const checks = (schema._zod.def as z.core.$ZodTypeDef & { readonly checks?: readonly z.core.$ZodCheck[] }).checks ?? [];
  const formats: unknown[] = [schema._zod.def, ...checks.map((check) => check._zod.def)].map((def) => "format" in def && def.format);
  return formats.some((format) => typeof format === "string" && format.includes("int"));
}
