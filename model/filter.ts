/** A value that a field can have; null = the event lacks the field. Integers beyond 2^53 come as text, so that no digit is lost. */
export type DimensionValue = string | number | boolean | null;

/** What a field must be; all that is said must hold. Bounds are for numbers: an event without the field lies within none. */
export interface FieldCondition {
  /** One of these; null = without the field. */
  readonly in?: DimensionValue | readonly DimensionValue[];
  /** None of these. An event without the field is none of them, unless null is among them. */
  readonly not?: DimensionValue | readonly DimensionValue[];
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
}

/**
 * Which events count: for each field the value, the values (any of them), or a condition. All fields must fit.
 * `{ country: ["DE", "AT"], gift: true, amount: { gt: 10, lte: 100 }, coupon: { not: null } }`
 */
export type Filter = Readonly<Record<string, DimensionValue | readonly DimensionValue[] | FieldCondition>>;
