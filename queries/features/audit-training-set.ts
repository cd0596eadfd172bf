import { randomBytes } from "node:crypto";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type FeatureSet, type Project } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { QueryError } from "../query-error.ts";
import type { ValueDifference } from "./compare-rows.ts";
import { definitionChanges } from "./definition-changes.ts";
import { featureColumns } from "./feature-columns.ts";
import { loadTrainingSet, type LoadedSet } from "./load-training-set.ts";
import { describeDefinition, namesOf } from "./manifest.ts";
import { fieldExpression } from "./pass-source.ts";
import { showMoment } from "./show-moment.ts";
import type { SpineRow } from "./spine-source.ts";
import { withTemporaryTables } from "./temporary-tables.ts";
import { findFeatureSet, withTrainingRows } from "./training-rows.ts";

/** What to look at. */
export interface AuditRequest {
  /** The manifest beside the training set. */
  readonly manifest: string;
  /** How many labels are worked out again, chosen by a hash of their places. Default 30. */
  readonly labels?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Whether a training set saw what was not known yet. */
export interface TrainingAudit {
  /** Whether every value came out again without what became known later. */
  readonly ok: boolean;
  readonly labels: number;
  /** Events of a label's entity that happened before its time and became known after it, over all labels: what a join by event time alone would see. */
  readonly knownLater: number;
  /** Features that came out otherwise, with the first label of each. */
  readonly differences: readonly ValueDifference[];
}

const LABELS = 30;
const MOST_LABELS = 10_000;

/**
 * Looks for leaks: takes labels of a training set, works each out again in a database whose log ends with what was known at the label's time, and compares with the values in the file. It does not rely on
 * the rule that the features are computed by: events known later are not there.
 * @throws QueryError if the manifest or the file cannot be read, or the definition is another one now
 */
export async function auditTrainingSet(clickhouse: ClickHouse, project: Project, request: AuditRequest): Promise<TrainingAudit> {
  const { labels = LABELS, manifest: path, onProgress = () => {}, signal } = request;
  if (!Number.isSafeInteger(labels) || labels < 1 || labels > MOST_LABELS)
    throw new QueryError(`The labels of an audit must be a whole number from 1 to ${MOST_LABELS.toLocaleString("en")}.`);
  return withTemporaryTables(clickhouse, async (tables) => {
    const loaded = await loadTrainingSet(clickhouse, tables, path);
    const set = findFeatureSet(project, loaded.manifest.features.name);
    const changes = definitionChanges(loaded.manifest.features, describeDefinition(set));
    if (changes.length > 0) throw new QueryError(`The definition is another one now: ${changes.join("; ")}.`);
    const chosen = await chooseLabels(clickhouse, loaded, labels);
    const differences = new Map<string, ValueDifference>();
    let knownLater = 0;
    await withOtherLog(clickhouse, async (other, endLog) => {
      for (const [index, label] of chosen.entries()) {
        signal?.throwIfAborted();
        knownLater += await endLog(label, set);
        const rows = [{ ...label.entity, time: showMoment(label.time) } as SpineRow];
        const again = { spine: { rows }, features: set, asOf: loaded.manifest.asOf, plan: "join" as const, ...(signal ? { signal } : {}) };
        const values = await withTrainingRows(other, project, again, [], ({ table }) => readValues(other, table, set));
        compare(differences, label, values);
        onProgress(index + 1, chosen.length);
      }
    });
    return { ok: differences.size === 0, labels: chosen.length, knownLater, differences: [...differences.values()] };
  });
}

/** A row of the file: values as text, null = missing. */
interface Label {
  readonly row: number;
  readonly entity: Readonly<Record<string, string>>;
  /** Microseconds since 1970. */
  readonly time: number;
  readonly values: Readonly<Record<string, string | null>>;
}

async function chooseLabels(clickhouse: ClickHouse, { manifest, table }: LoadedSet, labels: number): Promise<readonly Label[]> {
  const entity = namesOf(manifest, "entity");
  const features = namesOf(manifest, "feature");
  const rows = await clickhouse.rows<{ place: string; who: string[]; micros: string; found: (string | null)[] }>({
    name: "Choose labels to audit",
    sql: `SELECT rowNumberInAllBlocks() + 1 AS place, ${textsOf(entity)} AS who, toUnixTimestamp64Micro(${identifier("time")}) AS micros, ${textsOf(features)} AS found
FROM ${table} ORDER BY sipHash64(place) LIMIT {labels:UInt32}`,
    params: { labels },
    settings: { max_threads: 1 },
  });
  return rows.map(({ found, micros, place, who }) => ({
    row: Number(place),
    time: Number(micros),
    entity: Object.fromEntries(entity.map((name, index) => [name, who[index] ?? ""])),
    values: Object.fromEntries(features.map((name, index) => [name, found[index] ?? null])),
  }));
}

function textsOf(names: readonly string[]): string {
  return `[${names.map((name) => `toString(${identifier(name)})`).join(", ")}]`;
}

/** Ends the log of the other database at a label's time. @returns how many events of the label's entity happened before it and became known after it */
type EndLog = (label: Label, set: FeatureSet) => Promise<number>;

/** Makes a database whose `events` are those of this one as far as they were known at a moment; it goes afterwards. */
async function withOtherLog(clickhouse: ClickHouse, work: (other: ClickHouse, endLog: EndLog) => Promise<void>): Promise<void> {
  await dropAbandoned(clickhouse);
  const name = `audit_${Math.floor(Date.now() / 1_000)}_${randomBytes(8).toString("hex")}`;
  const log = `${identifier(clickhouse.database)}.events`;
  await clickhouse.command({ name: "Make a database for the audit", sql: `CREATE DATABASE ${identifier(name)}` });
  const other = clickhouse.inDatabase(name);
  const endLog: EndLog = async (label, set) => {
    const moment = `fromUnixTimestamp64Micro(${label.time}, 'UTC')`;
    await other.command({ name: "End the log", sql: `CREATE OR REPLACE VIEW events AS SELECT * FROM ${log} WHERE known_at <= ${moment}` });
    return countKnownLater(clickhouse, label, set);
  };
  try {
    await work(other, endLog);
  } finally {
    await other.close();
    await clickhouse.command({ name: "Drop the database of the audit", sql: `DROP DATABASE IF EXISTS ${identifier(name)} SYNC` });
  }
}

/** A database's name carries the second of its making: what a killed audit has left is known by it, and goes after a day. */
const NAME = /^audit_([0-9]+)_[0-9a-f]{16}$/;
const ABANDONED_AFTER = 86_400;

async function dropAbandoned(clickhouse: ClickHouse): Promise<void> {
  const databases = await clickhouse.rows<{ name: string }>({
    name: "Look for abandoned audits",
    sql: "SELECT name FROM system.databases WHERE startsWith(name, 'audit_')",
  });
  const now = Date.now() / 1_000;
  for (const { name } of databases.filter((each) => Number(NAME.exec(each.name)?.[1] ?? now) < now - ABANDONED_AFTER)) {
    await clickhouse.command({ name: "Drop an abandoned audit", sql: `DROP DATABASE IF EXISTS ${identifier(name)} SYNC` });
  }
}

async function countKnownLater(clickhouse: ClickHouse, { entity, time }: Label, set: FeatureSet): Promise<number> {
  const bindings = new Bindings();
  const moment = bindings.moment(time);
  const events = new Set(featureColumns(set).flatMap(({ feature }) => (feature.kind === "window" ? [feature.event] : [])));
  const own = [...events].map((event) => {
    const parts = entityColumns(set).map(
      ({ field, name }) => `toString(${fieldExpression(event, field)}) = ${bindings.bind("String", entity[name] ?? "")}`,
    );
    return `(${[`type = ${bindings.bind("String", event.type)}`, ...parts].join(" AND ")})`;
  });
  if (own.length === 0) return 0;
  const [row] = await clickhouse.rows<{ late: string }>({
    name: "Count what became known later",
    sql: `SELECT count() AS late FROM events WHERE time < ${moment} AND known_at > ${moment} AND (${own.join(" OR ")})`,
    params: bindings.params,
  });
  return Number(row?.late ?? 0);
}

async function readValues(clickhouse: ClickHouse, table: string, set: FeatureSet): Promise<Label["values"]> {
  const columns = featureColumns(set);
  const [row] = await clickhouse.rows<{ found: (string | null)[] }>({
    name: "Read the values again",
    sql: `SELECT [${columns.map(({ column }) => `toString(${column})`).join(", ")}] AS found FROM ${table}`,
  });
  return Object.fromEntries(columns.map(({ name }, index) => [name, row?.found[index] ?? null]));
}

function compare(differences: Map<string, ValueDifference>, { entity, row, time, values }: Label, again: Label["values"]): void {
  for (const [feature, before] of Object.entries(values)) {
    const after = again[feature] ?? null;
    if (before === after) continue;
    const known = differences.get(feature);
    const first = known?.first ?? { row, entity: Object.values(entity).join(", "), time: showMoment(time), before, after };
    differences.set(feature, { feature, rows: (known?.rows ?? 0) + 1, first });
  }
}
