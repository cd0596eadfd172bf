/** An event as the log holds it. */
export interface LoggedEvent {
  readonly source: string;
  readonly id: string;
  /** When JetStream stored its message, microseconds since 1970. */
  readonly storedAt: number;
}

/**
 * Which events of a lane are duplicates, by the rule of design section 7: one with the same source and id was accepted less than `withinMs` before. Store times are taken in whole milliseconds.
 * Remembers every accepted event for ever.
 */
export function oracleDuplicates(log: readonly LoggedEvent[], withinMs: number): boolean[] {
  const accepted = new Map<string, number[]>();
  return log.map(({ id, source, storedAt }) => {
    const ms = Math.floor(storedAt / 1_000);
    const key = JSON.stringify([source, id]);
    const times = accepted.get(key) ?? [];
    if (times.some((time) => ms - time < withinMs)) return true;
    accepted.set(key, [...times, ms]);
    return false;
  });
}
