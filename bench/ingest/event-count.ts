/** Events of a run as given on the command line: up to what ids of nine digits can tell apart. @throws Error with one sentence if it is no such number */
export function eventCount(text: string, flag = "--events"): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count === 0) throw new Error(`${flag} takes a whole number from 1 to 999999999, not "${text}".`);
  return count;
}
