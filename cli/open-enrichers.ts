import type { JetStream } from "../jetstream/index.ts";
import { lookupTables, widestReplicas, type Enrichers, type Project } from "../model/index.ts";
import { createEnrichers, LookupRows } from "../transforms/index.ts";

/** The enrichers of a project, with the tables they look things up in. */
export interface OpenEnrichers {
  readonly enrichers: Enrichers;
  /** Rows of each table by its name, kept up to date until they are closed. */
  readonly tables: ReadonlyMap<string, LookupRows>;
  readonly close: () => void;
}

/**
 * Loads the lookup tables of a project into memory, follows them, and makes the enrichers ready to run: no event is enriched before its table is whole.
 * @param onMiss called for each event whose key a table lacks
 */
export async function openEnrichers(
  project: Project,
  jetstream: JetStream,
  onMiss: (table: string) => void = () => {},
): Promise<OpenEnrichers> {
  const tables = new Map<string, LookupRows>();
  const following: { readonly stop: () => void }[] = [];
  const replicas = widestReplicas(project);
  for (const { name } of lookupTables(project.events)) {
    const rows = new LookupRows();
    tables.set(name, rows);
    const table = await jetstream.table(project.name, name, replicas);
    following.push(await table.follow(({ key, revision, row }) => rows.apply(key, row, revision)));
  }
  return {
    enrichers: createEnrichers(project.events, { tables, onMiss }),
    tables,
    close: () => {
      for (const { stop } of following) stop();
    },
  };
}
