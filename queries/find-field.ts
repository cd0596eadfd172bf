import { adviseName, type EventDefinition, type Field, fieldNames, resolveField } from "../model/index.ts";
import { QueryError } from "./query-error.ts";

/** A field of an event by the name that a question gives it. @throws QueryError with the nearest one's name */
export function findField(event: EventDefinition, ref: string): Field {
  const field = resolveField(event, ref);
  if (!("problem" in field)) return field;
  const names = fieldNames(event);
  throw new QueryError(
    `Event "${event.type}" has no field ${JSON.stringify(ref)}: ${adviseName(ref, names, `it has ${names.join(", ")}.`)}`,
  );
}
