const DAY = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const CLOCK = String.raw`([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)([.]\d+)?`;
const ZONE = String.raw`([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)`;

/** RFC 3339, also with a space for the "T", as pandas writes it. */
const RFC_3339 = `^${DAY}[Tt ]${CLOCK}${ZONE}$`;

/** A time as RFC 3339 has it, but for the zone. */
export const ZONELESS = new RegExp(`^${DAY}([Tt ]${CLOCK})?$`);

/**
 * The instant that an SQL text expression says, `Nullable(DateTime64(6, 'UTC'))`: `parseTime` of `model/` in SQL, and a test holds the two equal. Null if it is no RFC 3339
 * with a zone, or names a day that does not exist. Digits beyond microseconds are cut off; a leap second is the second after it.
 */
export function instantSql(text: string): string {
  const known = `upper(ifNull(${text}, ''))`;
  const isLeap = `(substring(${known}, 18, 2) = '60')`;
  const seconds = `if(${isLeap}, concat(substring(${known}, 1, 17), '59', substring(${known}, 20)), ${known})`;
  const parsed = `parseDateTime64BestEffortOrNull(${seconds}, 6, 'UTC') + toIntervalSecond(${isLeap})`;
  return `if(match(ifNull(${text}, ''), '${RFC_3339.replaceAll("\\", "\\\\")}'), ${parsed}, NULL)`;
}
