import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Codes with which ClickHouse refuses the settings that go with an insert: unknown, beyond a constraint, or of a user who may change none. */
const SETTING_REFUSED: ReadonlySet<number | undefined> = new Set([115, 164, 452, 472]);
const FORBIDDEN = 497;
/** A table, its database or a column is missing. */
const MISSING: ReadonlySet<number | undefined> = new Set([16, 60, 81]);

/** Whether an insert as a worker sends it is accepted, and what is still to be migrated. */
export function checkInserts(facts: Facts): readonly Finding[] {
  return [...inserts(facts), ...migrations(facts)];
}

function inserts({ clickhouse, inserts: trials, project }: Facts): readonly Finding[] {
  const about = { area: "tables", name: "inserts" } as const;
  const user = "value" in clickhouse ? clickhouse.value.user : "<user>";
  return given(trials, about, (all) => {
    const refused = all.flatMap(({ failure, table }): Finding[] => {
      if (!failure) return [];
      const name = `inserts into ${table}`;
      if (SETTING_REFUSED.has(failure.code)) {
        const sentence = `ClickHouse refuses the settings that make an insert exact (code ${failure.code}).`;
        const fix = `take the constraints on async_insert, insert_deduplicate and the like from the profile of ${user}`;
        return [{ ...about, name, status: "fail", sentence, fix }];
      }
      const other = MISSING.has(failure.code) ? "hydrograph migrate" : "see docs/operations.md for what to do about it";
      const fix = failure.code === FORBIDDEN ? `GRANT INSERT ON ${project.name}.* TO ${user}` : other;
      return [{ ...about, name, status: "fail", sentence: failure.message, fix }];
    });
    return refused.length > 0
      ? refused
      : [{ ...about, status: "ok", sentence: "Inserts are accepted, with every setting that makes them exact." }];
  });
}

function migrations(facts: Facts): readonly Finding[] {
  const about = { area: "tables", name: "migrations" } as const;
  return given(facts.migrations, about, ({ steps }) => {
    if (steps.length === 0) return [{ ...about, status: "ok", sentence: "Tables, rollups and views are as the project says." }];
    const objects = [...new Set(steps.map(({ object }) => object))];
    const breaks = steps.some(({ kind }) => kind === "database" || kind === "table");
    const sentence = `Not all is as the project says: ${objects.join(", ")}.`;
    return [{ ...about, status: breaks ? "fail" : "warn", sentence, fix: "hydrograph migrate" }];
  });
}
