import type { ChangeRoute } from "../state/route.ts";

/** What drawing out a part of a chart does: that part becomes the range. */
export function zoomWith(change: ChangeRoute): (from: number, to: number) => void {
  return (from, to) => change({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
}
