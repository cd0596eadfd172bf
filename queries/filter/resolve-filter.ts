import { filterConditions, type Condition, type EventDefinition, type Field, type Filter } from "../../model/index.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";

/** A filter's conditions on one field, checked: every value is of the field's type. */
export interface ResolvedFilter {
  readonly field: Field;
  readonly conditions: readonly Condition[];
}

/**
 * Checks a filter against the event that it is for.
 * @throws QueryError, one sentence, if the event lacks a field or a value is of another type than its field
 */
export function resolveFilter(event: EventDefinition, filter: Filter): ResolvedFilter[] {
  return Object.entries(filter).map(([ref, wanted]) => {
    const field = findField(event, ref);
    const conditions = filterConditions(field, wanted);
    if ("problem" in conditions) throw new QueryError(`${conditions.problem}.`);
    return { field, conditions };
  });
}
