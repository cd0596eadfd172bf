import { DEDUPLICATION_WINDOW, type TableFacts } from "../../../clickhouse/index.ts";
import { plural, showNumber } from "../../output/numbers.ts";
import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Whether the tables keep the promises made of them: a repeated insert adds nothing, an acknowledged one is on the disk, and there is room for parts. */
export function checkTables(facts: Facts): readonly Finding[] {
  return given(facts.tables, { area: "tables", name: "settings" }, (tables) => [
    ...deduplication(tables),
    ...durability(tables),
    ...parts(facts, tables),
  ]);
}

/** Those that remember too little, else one word for all. */
function deduplication(tables: readonly TableFacts[]): Finding[] {
  const lacking = tables.flatMap(memoryOf);
  if (lacking.length > 0) return lacking;
  const sentence = `Each of ${plural(tables.length, "table")} (rollups and targets of views among them) drops an insert that is repeated.`;
  return [{ area: "tables", name: "repeated inserts", status: "ok", sentence }];
}

function memoryOf({ engine, name: table, views, window }: TableFacts): Finding[] {
  const about = { area: "tables", name: `${table} remembers inserts` } as const;
  const behind = views.length === 0 ? "" : ` (behind ${views.join(", ")})`;
  if (!window) {
    const sentence = `Whether ${table}${behind} drops an insert that is repeated cannot be seen: its engine is ${engine}.`;
    return [{ ...about, status: "unknown", sentence, fix: "see that the table which it writes to has a deduplication window" }];
  }
  if (window.inserts >= DEDUPLICATION_WINDOW) return [];
  const fix = `ALTER TABLE ${quoted(table)} MODIFY SETTING ${window.setting} = ${DEDUPLICATION_WINDOW}`;
  if (window.inserts === 0) {
    const sentence = `${table}${behind} does not remember inserts by token: one that is repeated after a failure is in it twice.`;
    return [{ ...about, status: "fail", sentence, fix }];
  }
  const sentence = `${table}${behind} remembers ${plural(window.inserts, "insert")}, recovery counts on ${showNumber(DEDUPLICATION_WINDOW)}: after a long outage of one lane the others may have pushed its batch out.`;
  return [{ ...about, status: "warn", sentence, fix }];
}

/** A name from another program may hold anything; ours are plain. */
function quoted(table: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(table) ? table : `\`${table}\``;
}

function durability(tables: readonly TableFacts[]): Finding[] {
  const about = { area: "tables", name: "durability" } as const;
  const lazy = tables.filter(({ fsync, window }) => window && !fsync).map(({ name }) => name);
  if (lazy.length === 0) return [{ ...about, status: "ok", sentence: "An insert is on the disk before it is acknowledged." }];
  const which = lazy.length === tables.length ? "every table" : lazy.join(", ");
  const sentence = `ClickHouse acknowledges inserts into ${which} before they are safely on the disk: a power loss of its machine may lose the last of them, which "hydrograph verify" finds.`;
  const fix = `ALTER TABLE ${quoted(lazy[0] ?? "")} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1${lazy.length > 1 ? ", and so for the others" : ""}`;
  return [{ ...about, status: "warn", sentence, fix }];
}

function parts(facts: Facts, tables: readonly TableFacts[]): readonly Finding[] {
  const about = { area: "tables", name: "parts" } as const;
  return given(facts.parts, about, (counts) => {
    const crowded = tables.flatMap(({ name, partsToDelay, partsToThrow }): Finding[] => {
      const most = counts.get(name) ?? 0;
      if (partsToDelay === 0 || most < partsToDelay / 2) return [];
      const sentence = `A partition of ${name} has ${plural(most, "part")}: inserts are slowed down from ${partsToDelay} on and refused from ${partsToThrow} on.`;
      const fix = `a larger limits.batchAge in hydrograph.config.ts; see whether merges keep up: SELECT * FROM system.merges`;
      return [{ ...about, name: `parts of ${name}`, status: most >= partsToThrow ? "fail" : "warn", sentence, fix }];
    });
    return crowded.length > 0 ? crowded : [{ ...about, status: "ok", sentence: "Merges keep up." }];
  });
}
