import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "zod";
import { entityColumns, expandFeatures, type FeatureSet, type NamedFeature } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().nonnegative();

const filter = z.record(z.string(), z.unknown());
/** A feature by all that its values follow from. */
const feature = z.discriminatedUnion("kind", [
  z.strictObject({
    name: z.string(),
    kind: z.literal("window"),
    event: z.string(),
    measure: z.looseObject({ kind: z.string() }),
    filters: z.array(filter),
    window: z.string().nullable(),
    delay: z.string(),
    lag: z.string(),
  }),
  z.strictObject({ name: z.string(), kind: z.enum(["ratio", "difference"]), left: z.string(), right: z.string(), scale: z.number() }),
  z.strictObject({ name: z.string(), kind: z.literal("calendar"), part: z.string(), zone: z.string() }),
]);
const definition = z.strictObject({
  name: z.string(),
  entity: z.array(z.strictObject({ name: z.string(), field: z.string() })),
  features: z.array(feature),
});
/** What is known of a feature's values beside their type: see FeatureDescription. */
const words = z.strictObject({
  unit: z.string().nullable(),
  missing: z.string().nullable(),
  definition: z.string(),
  description: z.string().nullable(),
});
const column = z.strictObject({ name: z.string(), type: z.string(), nulls: whole });

const schema = z.strictObject({
  formatVersion: z.literal(1),
  hydrograph: z.string(),
  clickhouse: z.string(),
  project: z.string(),
  features: definition.extend({ sha256 }),
  asOf: z.record(z.string(), z.strictObject({ epoch: whole, seq: whole })),
  spine: z.strictObject({ path: z.string().nullable(), format: z.enum(["csv", "ndjson", "parquet"]), rows: whole, sha256 }),
  file: z.strictObject({ format: z.enum(["parquet", "arrow", "csv"]), bytes: whole, sha256 }),
  rows: whole,
  columns: z.array(
    z.discriminatedUnion("role", [
      column.extend({ role: z.enum(["entity", "time", "carried"]) }),
      column.extend({ role: z.literal("feature"), ...words.shape }),
    ]),
  ),
});

/**
 * What a training set was made of, and what came out: with the same spine it gives the same bytes again, whatever has arrived since.
 * `asOf` is the watermark it was computed at, `features.sha256` the hash of the definition, `spine.sha256` and `file.sha256` those of the two files' bytes.
 * Column types are ClickHouse's; a feature's column says what one unit is, when it has no value and how it is worked out.
 */
export type Manifest = z.infer<typeof schema>;

/** Reads a manifest. @throws QueryError if the file cannot be read or is none, naming the place that is wrong */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new QueryError(`The manifest "${path}" cannot be read: there is no such file, or no permission.`);
  });
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new QueryError(
    `"${path}" is no manifest of a training set: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "is wrong"}.`,
  );
}

/** A manifest as text, the same for the same contents. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(schema.parse(manifest), undefined, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The definition of a feature set: all that its values depend on besides the events, and the hash of it. */
export function describeDefinition(set: FeatureSet): Manifest["features"] {
  const features = expandFeatures(set).map((each) => describeFeature(each));
  const described = definition.parse({ name: set.name, entity: entityColumns(set), features });
  return { ...described, sha256: createHash("sha256").update(JSON.stringify(described)).digest("hex") };
}

function describeFeature({ declaredAs: _declaredAs, description: _description, unit: _unit, ...values }: NamedFeature): object {
  return values.kind === "window" ? { ...values, event: values.event.type } : values;
}

/** The version of this package. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)("hydrograph/package.json") as { version: string };
  return version;
}
