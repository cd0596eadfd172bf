import {
  describeFeatures,
  expandFeatures,
  type FeatureDescription,
  type FeatureSet,
  type FeatureType,
  type NamedFeature,
} from "../../model/index.ts";

/** A feature as a column of the training set: counts are whole numbers and never null; any other is null where it has no value. */
export interface FeatureColumn extends FeatureDescription {
  /** Its name in the training set's table, which no column of `events` has. */
  readonly column: string;
  readonly clickhouseType: (typeof TYPES)[FeatureType];
  readonly feature: NamedFeature;
}

const TYPES = { integer: "Int64", number: "Nullable(Float64)", text: "Nullable(String)" } as const;

/** The columns that a feature set adds to its labels, in the order of declaration. */
export function featureColumns(set: FeatureSet): readonly FeatureColumn[] {
  const described = describeFeatures(set);
  return expandFeatures(set).flatMap((feature, index) => {
    const description = described[index];
    return description ? [{ ...description, feature, column: `feature_${index}`, clickhouseType: TYPES[description.type] }] : [];
  });
}
