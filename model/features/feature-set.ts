import type { Feature } from "./feature.ts";

/** Features of one kind of entity. Made by {@link defineFeatures}. */
export interface FeatureSet<Name extends string = string> {
  readonly name: Name;
  /**
   * Whom an event is about, as every event of the features has it: a field (`subject`, or a path into `data`), which label rows call `entity`; or several fields, each under the name of
   * its column in the label rows: `{ buyer: "subject", shop: "shop.id" }`. An event that lacks one of them counts for nobody.
   */
  readonly entity: string | Readonly<Record<string, string>>;
  /** By name: that of a column, or what the names of several begin with. */
  readonly features: Readonly<Record<string, Feature>>;
  readonly description?: string;
}

/**
 * Declares the features of an entity. Each is one column, or several (`window: ["1h", "7d"]`): `hydrograph features list` names them.
 * What could see beyond the label's time cannot be written, or is refused when the config is loaded.
 */
export function defineFeatures<const Name extends string>(options: FeatureSet<Name>): FeatureSet<Name> {
  return options;
}
