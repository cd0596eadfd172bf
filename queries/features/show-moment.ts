/** A moment, microseconds since 1970, as RFC 3339 in UTC, to the microsecond. */
export function showMoment(micros: number): string {
  const ms = Math.floor(micros / 1_000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1_000).padStart(3, "0")}Z`;
}

/** The same without the zeros at its end: "2026-11-27T08:00:00Z", "2026-11-27T08:00:00.25Z". */
export function shortMoment(micros: number): string {
  return showMoment(micros).replace(/\.?0+Z$/, "Z");
}
