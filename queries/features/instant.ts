/** The microseconds since 1970 between which times are accepted: 1970-01-01 to 2200-01-01, as for events. */
export const TIME_RANGE = { from: 0, to: 7_258_118_400_000_000 };

const DAY = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const CLOCK = String.raw`([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d+)?`;
const ZONE = String.raw`([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)`;

/** RFC 3339, also with a space for the "T", as pandas writes it; no leap seconds. */
export const RFC_3339 = `^${DAY}[Tt ]${CLOCK}${ZONE}$`;

/** A time as RFC 3339 has it, but for the zone. */
export const ZONELESS = new RegExp(`^${DAY}([Tt ]${CLOCK})?$`);

/** The instant that an SQL text expression says, `Nullable(DateTime64(6, 'UTC'))`: null if it is no RFC 3339 with a zone. Digits beyond microseconds are cut off. */
export function instantSql(text: string): string {
  const parsed = `parseDateTime64BestEffortOrNull(upper(ifNull(${text}, '')), 6, 'UTC')`;
  return `if(match(ifNull(${text}, ''), '${RFC_3339.replaceAll("\\", "\\\\")}'), ${parsed}, NULL)`;
}
