/** A moment, microseconds since 1970, as RFC 3339 in UTC, to the microsecond. */
export function showMoment(micros: number): string {
  const ms = Math.floor(micros / 1_000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1_000).padStart(3, "0")}Z`;
}
