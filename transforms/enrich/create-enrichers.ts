import type { EnrichInput, Enrichers, Enrichment, EventDefinition, Lookup } from "../../model/index.ts";
import type { LookupRows } from "./lookup-rows.ts";

/** What enrichers look things up in, and whom to tell. */
export interface EnrichContext {
  /** Rows by the tables' names. */
  readonly tables: ReadonlyMap<string, LookupRows>;
  /** Called for each event whose key a table lacks. */
  readonly onMiss: (table: string) => void;
}

/** Makes the enrichers of a project's events ready to run. @throws Error if a table is missing */
export function createEnrichers(events: readonly EventDefinition[], context: EnrichContext): Enrichers {
  const enriched = events.filter(({ enrichers }) => enrichers.length > 0);
  return new Map(enriched.map((event) => [event, enrichmentOf(event, context)]));
}

function enrichmentOf({ enrichers }: EventDefinition, context: EnrichContext): (event: EnrichInput) => Enrichment {
  const steps = enrichers.map((each) => ({
    name: each.name,
    key: JSON.stringify(each.name),
    run: each.kind === "derive" ? (event: EnrichInput) => deriveJson(each.value(event as EnrichInput<never>)) : joined(each, context),
  }));
  const looked = enrichers.flatMap((each) =>
    each.kind === "lookup" ? [{ key: JSON.stringify(each.name), rows: rowsOf(each, context) }] : [],
  );
  return (event) => {
    let json = "{";
    for (const { key, name, run } of steps) {
      try {
        json += `${json.length > 1 ? "," : ""}${key}:${run(event)}`;
      } catch {
        return { failed: name };
      }
    }
    if (looked.length > 0) json += `,"_revisions":{${looked.map(({ key, rows }) => `${key}:${rows.revision}`).join(",")}}`;
    return { json: `${json}}` };
  };
}

/** @throws TypeError if the value has no JSON: then the enricher has failed */
function deriveJson(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError("The value has no JSON.");
  return json;
}

function joined(each: Lookup, context: EnrichContext): (event: EnrichInput) => string {
  const rows = rowsOf(each, context);
  return (event) => {
    const key = each.key(event as EnrichInput<never>);
    const row = key === null || key === undefined ? undefined : rows.get(String(key));
    if (row === undefined) context.onMiss(each.table.name);
    return row ?? "null";
  };
}

function rowsOf({ name, table }: Lookup, { tables }: EnrichContext): LookupRows {
  const rows = tables.get(table.name);
  if (!rows) throw new Error(`Enricher "${name}" looks up the table "${table.name}", which is not loaded.`);
  return rows;
}
