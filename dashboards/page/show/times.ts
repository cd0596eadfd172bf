const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
  formats.set(key, known);
  return known;
}

const DATE = { weekday: "short", day: "numeric", month: "short", year: "numeric" } as const;
const MINUTE = { hour: "2-digit", minute: "2-digit" } as const;

/** A moment on the clocks of a zone: "Fri, 27 Nov 2026, 18:30". @param at milliseconds since 1970 */
export function showMoment(at: number, zone: string): string {
  return format(zone, { ...DATE, ...MINUTE }).format(at);
}

/** A moment with its seconds, for lists of events. */
export function showSecond(at: number, zone: string): string {
  return format(zone, { day: "2-digit", month: "short", year: "numeric", ...MINUTE, second: "2-digit" }).format(at);
}

/** A bucket on the clocks of a zone: its day, or from when to when. Milliseconds since 1970, half-open. */
export function showBucket(start: number, end: number, zone: string): string {
  const isMidnight = (at: number): boolean => format(zone, MINUTE).format(at) === "00:00";
  if (isMidnight(start) && isMidnight(end)) {
    const [first, last] = [format(zone, DATE).format(start), format(zone, DATE).format(end - 1)];
    return first === last ? first : `${first} to ${last}`;
  }
  const ends =
    format(zone, DATE).format(start) === format(zone, DATE).format(end) ? format(zone, MINUTE).format(end) : showMoment(end, zone);
  return `${showMoment(start, zone)} to ${ends}`;
}
