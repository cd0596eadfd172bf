import { describeFeatures, entityColumns, type EntityColumn, type FeatureDescription, type FeatureSet } from "../model/index.ts";

/** What a program must know of a feature set. */
export interface SetDescription {
  readonly name: string;
  readonly description: string | null;
  /** What an entity is made of: the name of each part, and the field of the events. */
  readonly entity: readonly EntityColumn[];
  /** In the order of their columns. */
  readonly features: readonly FeatureDescription[];
}

/** Describes feature sets to programs. */
export function describeSets(sets: readonly FeatureSet[]): readonly SetDescription[] {
  return sets.map((set) => ({
    name: set.name,
    description: set.description ?? null,
    entity: entityColumns(set),
    features: describeFeatures(set),
  }));
}
