import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "zod";
import { entityColumns, expandFeatures, type FeatureSet, type NamedFeature } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { Spine } from "./spine-source.ts";

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

/** `sha256` is that of the file's bytes, or of the rows as they came into ClickHouse. */
const read = { rows: whole, sha256 };

const spine = z.discriminatedUnion("from", [
  z.strictObject({ from: z.literal("file"), path: z.string(), format: z.enum(["csv", "ndjson", "parquet"]), ...read }),
  z.strictObject({ from: z.literal("rows"), ...read }),
  z.strictObject({ from: z.literal("sql"), sql: z.string(), params: z.record(z.string(), z.unknown()), ...read }),
  z.strictObject({
    from: z.literal("events"),
    type: z.string(),
    since: z.string().nullable(),
    until: z.string().nullable(),
    carry: z.array(z.string()),
    ...read,
  }),
]);

const numberStatistics = z.strictObject({
  kind: z.literal("number"),
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  quantiles: z.record(z.string(), z.number()).nullable(),
  /** Upper ends of the bins, ascending, each belonging to its bin; `counts` has one more, of what lies above the last. */
  edges: z.array(z.number()),
  counts: z.array(whole),
});

const textStatistics = z.strictObject({
  kind: z.literal("text"),
  distinct: whole,
  /** The most frequent texts, first to last. */
  texts: z.array(z.strictObject({ text: z.string(), count: whole })),
  others: whole,
});

const statistics = z.discriminatedUnion("kind", [numberStatistics, textStatistics]);

/** How a feature's values that are not null are distributed. */
export type FeatureStatistics = z.infer<typeof statistics>;

const split = z.strictObject({ rule: z.string(), part: z.enum(["train", "test"]) });

const schema = z.strictObject({
  formatVersion: z.literal(1),
  hydrograph: z.string(),
  clickhouse: z.string(),
  project: z.string(),
  features: definition.extend({ sha256 }),
  asOf: z.record(z.string(), z.strictObject({ epoch: whole, seq: whole })),
  spine,
  file: z.strictObject({ format: z.enum(["parquet", "arrow", "csv"]), bytes: whole, sha256 }),
  rows: whole,
  /** Hash of the values and their order, whatever the file's format: SipHash-128 of each row with its place, all combined by XOR. */
  content: z.string().regex(/^[0-9a-f]{32}$/),
  columns: z.array(
    z.discriminatedUnion("role", [
      column.extend({ role: z.enum(["entity", "time", "carried"]) }),
      column.extend({ role: z.literal("feature"), ...words.shape, statistics }),
    ]),
  ),
  /** Set if the file holds one part of the spine's rows. */
  split: split.optional(),
});

/**
 * What a training set was made of, and what came out: with the same spine it gives the same bytes again, whatever has arrived since.
 * `asOf` is the watermark it was computed at, `features.sha256` the hash of the definition, `spine.sha256` and `file.sha256` those of the two files' bytes.
 * Column types are ClickHouse's; a feature's column says what one unit is, when it has no value and how it is worked out.
 */
export type Manifest = z.infer<typeof schema>;

/** Reads a manifest. @throws QueryError if the file cannot be read, is none (naming the place that is wrong), or is of another version */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new QueryError(`The manifest "${path}" cannot be read: there is no such file, or no permission.`);
  });
  const json = parseJson(text);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const problem = `${issue?.path.join(".") || "the file"}: ${issue?.message ?? "is wrong"}`;
  const other = written.safeParse(json).data?.hydrograph;
  if (other === undefined) throw new QueryError(`"${path}" is no manifest of a training set: ${problem}.`);
  throw new QueryError(
    `The manifest "${path}" was written by hydrograph ${other}, and hydrograph ${packageVersion()} cannot read it (${problem}): build the set again with "hydrograph features build".`,
  );
}

/** What manifests of every version say. */
const written = z.object({ formatVersion: z.number(), hydrograph: z.string(), spine: z.unknown() });

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

/** Names of the columns that play a role. */
export function namesOf({ columns }: Manifest, role: Manifest["columns"][number]["role"]): string[] {
  return columns.filter((each) => each.role === role).map(({ name }) => name);
}

/** The spine that a manifest tells of, to be read again. @throws QueryError if it was rows of a program, which are nowhere else */
export function spineOf({ spine: described }: Manifest): Spine {
  switch (described.from) {
    case "file":
      return { path: described.path, format: described.format };
    case "sql":
      return { sql: described.sql, params: described.params };
    case "events": {
      const { carry, since, type, until } = described;
      return { each: type, carry, ...(since === null ? {} : { from: since }), ...(until === null ? {} : { to: until }) };
    }
    case "rows":
      throw new QueryError("The spine of this training set was rows of a program: give them again.");
  }
}

/** The version of this package. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)("hydrograph/package.json") as { version: string };
  return version;
}
