import { seasonsOf } from "./season.ts";
import { isTrained, type SignalPoint } from "./signal-series.ts";

/**
 * The values that may be learned from, one for each place on the clocks of the zone: where a day lacks an hour there is none, and of an hour that comes twice it is the mean. So 24 places on it is always the same time of day.
 * Buckets of a day or more, and those that do not divide a day, have their places one after the other.
 */
export function clockPlaces(points: readonly SignalPoint[], grain: string, timezone: string): (number | undefined)[] {
  const day = seasonsOf(grain, timezone).find(({ name }) => name === "day");
  if (!day) return points.map((point) => (isTrained(point) ? point.value : undefined));
  const places = points.map(({ start }) => {
    const { cycle, phase } = day.placeOf(start);
    return cycle * day.phases + phase;
  });
  const [first = 0] = places;
  const values: (number | undefined)[] = Array.from({ length: (places.at(-1) ?? -1) - first + 1 });
  for (const [index, point] of points.entries()) {
    if (!isTrained(point)) continue;
    const place = (places[index] ?? first) - first;
    const other = values[place];
    values[place] = other === undefined ? point.value : (other + point.value) / 2;
  }
  return values;
}
