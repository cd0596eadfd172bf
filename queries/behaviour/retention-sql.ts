import type { Bindings } from "../bindings.ts";
import type { Entity } from "./entity.ts";
import { selectorSql, type ResolvedSelector } from "./event-selector.ts";
import { periodSet } from "./period-set.ts";

/** What is counted; conditions and numbers are SQL over rows of `events`. */
export interface CountedRetention {
  readonly first: ResolvedSelector;
  readonly returning: ResolvedSelector;
  readonly cohort: "first" | "recurring";
  readonly entity: Entity;
  /** Quoted. */
  readonly table: string;
  /** The period that a row lies in, from 0; of use where `since` holds. */
  readonly number: string;
  /** How many there are at most. */
  readonly periods: number;
  /** That a row lies in the range or after it. */
  readonly since: string;
  /** That it lies before the end of the range, and counts at all. */
  readonly until: string;
}

/**
 * Counts of entities: of the cohort of period `start`, those that returned in `period` (-1: all); periods are counted from 0.
 * One pass gathers for each entity the periods with a first event and those with a returning one; then each pair of them is counted.
 */
export function retentionSql(counted: CountedRetention, bindings: Bindings): string {
  const { cohort, entity, number, periods, since, table, until } = counted;
  const first = selectorSql(counted.first, bindings);
  const returning = selectorSql(counted.returning, bindings);
  const firsts = periodSet("first", number, periods, `${first} AND ${since}`);
  const returns = periodSet("return", number, periods, `${returning} AND ${since}`);
  const born = cohort === "first" ? `if(earlier = 0, arraySlice(${firsts.numbers}, 1, 1), [])` : firsts.numbers;
  // The first event ever may lie before the range; events to return with do not matter there.
  const rows = cohort === "first" ? `(${first} OR ${since} AND ${returning})` : `${since} AND (${first} OR ${returning})`;
  const types = [...new Set([counted.first.definition.type, counted.returning.definition.type])];
  return `SELECT start, period, count() AS entities
FROM (SELECT start, arrayJoin(arrayConcat([toInt64(-1)], arrayFilter(other -> other >= start, returned))) AS period
FROM (SELECT arrayJoin(${born}) AS start, ${returns.numbers} AS returned
FROM (SELECT ${entity.sql(bindings)} AS entity, countIf(${first} AND NOT ${since}) AS earlier, ${firsts.gathered}, ${returns.gathered}
FROM ${table}
WHERE type IN ${bindings.bind("Array(String)", types)} AND ${until} AND ${rows} AND ${entity.present(bindings)}
GROUP BY entity)))
GROUP BY start, period`;
}
