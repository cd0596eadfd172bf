/**
 * The times that events, questions and labels may have, in microseconds since 1970: from 1970-01-01 to before 2201-01-01. Later than that, tools of the field wrap or
 * saturate in silence.
 */
export const TIME_RANGE = { from: 0, to: Date.UTC(2201, 0, 1) * 1_000 } as const;

/** Whether a time, in microseconds since 1970, is one that events may have. */
export function isTimeInRange(micros: number): boolean {
  return micros >= TIME_RANGE.from && micros < TIME_RANGE.to;
}
