import { adviseName, entityColumns, type FeatureSet } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";

/** Whom to ask about: the entity, or its parts by the names that the feature set has for them. */
export type OnlineEntity = string | number | bigint | Readonly<Record<string, string | number | bigint | boolean>>;

/** Entities that one answer can be about. */
export const MOST_ENTITIES = 1_000;

/**
 * The texts of each part of the entities, in the order of the set's columns.
 * @throws QueryError if there are none or too many, or one lacks a part or has another
 */
export function resolveEntities(set: FeatureSet, entities: readonly OnlineEntity[]): readonly (readonly string[])[] {
  if (!Array.isArray(entities) || entities.length === 0) throw new QueryError('Whose features? Name at least one entity, e.g. "user-7".');
  if (entities.length > MOST_ENTITIES) {
    const [asked, most] = [entities.length, MOST_ENTITIES].map((count) => count.toLocaleString("en"));
    throw new QueryError(
      `There are ${asked} entities, and one answer has at most ${most}: ask several times, or build a training set of them.`,
    );
  }
  const names = entityColumns(set).map(({ name }) => name);
  const rows = entities.map((entity, index) => textsOf(entity, names, set, index));
  return names.map((_, part) => rows.map((row) => row[part] ?? ""));
}

function textsOf(entity: OnlineEntity, names: readonly string[], set: FeatureSet, index: number): readonly string[] {
  const place = `Entity ${(index + 1).toLocaleString("en")}`;
  if (typeof entity !== "object" || entity === null) {
    if (names.length > 1)
      throw new QueryError(`${place} is one value, and those of "${set.name}" have the parts ${names.join(", ")}: give each by its name.`);
    return [textOf(entity, place, names[0] ?? "entity")];
  }
  const stray = Object.keys(entity).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw new QueryError(
      `${place} has "${stray}", which is no part of an entity of "${set.name}": ${adviseName(stray, names, `its parts are ${names.join(", ")}.`)}`,
    );
  return names.map((name) => textOf(entity[name], place, name));
}

function textOf(value: unknown, place: string, name: string): string {
  const isText = typeof value === "string" || typeof value === "bigint" || typeof value === "boolean";
  if (!isText && !(typeof value === "number" && Number.isFinite(value))) throw new QueryError(`${place} has no ${name}.`);
  if (value === "") throw new QueryError(`${place} has an empty ${name}.`);
  return String(value);
}
