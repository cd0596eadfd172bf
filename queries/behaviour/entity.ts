import { fieldSql } from "../../clickhouse/index.ts";
import { FIELD_WORDS } from "../../model/index.ts";
import type { Bindings } from "../bindings.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import type { ResolvedSelector } from "./event-selector.ts";

/** Whose events are looked at together. */
export interface Entity {
  readonly ref: string;
  /** SQL of the entity of a row, of a type that is not nullable; only of use where `present` holds. */
  readonly sql: (bindings: Bindings) => string;
  /** SQL of whether a row has one. */
  readonly present: (bindings: Bindings) => string;
}

/**
 * Looks up the entity in every event that is asked about.
 * @throws QueryError if one of them lacks the field, or has it with another type
 */
export function resolveEntity(selectors: readonly ResolvedSelector[], ref: string): Entity {
  const found = selectors.map(({ definition }) => ({ event: definition.type, field: findField(definition, ref) }));
  const [first] = found;
  const other = found.find(({ field }) => field.type !== first?.field.type);
  if (first && other) {
    throw new QueryError(
      `"${ref}" cannot tell entities apart: it is ${FIELD_WORDS[first.field.type]} in "${first.event}" and ${FIELD_WORDS[other.field.type]} in "${other.event}".`,
    );
  }
  if (first?.field.column === "subject") return { ref, sql: () => "subject", present: () => "subject != ''" };
  const expressions = found.map(({ event, field }) => ({ event, expression: fieldSql(field).expression }));
  const expression = (bindings: Bindings): string => {
    const distinct = new Set(expressions.map((each) => each.expression));
    if (distinct.size === 1) return [...distinct].join("");
    return `multiIf(${expressions.map((each) => `type = ${bindings.bind("String", each.event)}, ${each.expression}`).join(", ")}, NULL)`;
  };
  return {
    ref,
    sql: (bindings) => `assumeNotNull(${expression(bindings)})`,
    present: (bindings) => `isNotNull(${expression(bindings)})`,
  };
}
