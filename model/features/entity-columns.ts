import type { FeatureSet } from "./feature-set.ts";

/** A part of whom an event is about: what label rows call it, and the field of the events. */
export interface EntityColumn {
  readonly name: string;
  readonly field: string;
}

/** What an entity is made of: one field as the column "entity", or several under names of their own. */
export function entityColumns({ entity }: Pick<FeatureSet, "entity">): readonly EntityColumn[] {
  if (typeof entity === "string") return [{ name: "entity", field: entity }];
  return Object.entries(entity).map(([name, field]) => ({ name, field }));
}
