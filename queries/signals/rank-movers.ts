import type { DimensionValue } from "../../model/index.ts";

/** A group in two periods. */
export interface GroupPair {
  readonly group: Readonly<Record<string, DimensionValue>>;
  /** The measure over the group's events of each period; null if it has no value. */
  readonly before: number | null;
  readonly now: number | null;
}

/** A group, and how it moved. */
export interface Mover extends GroupPair {
  /** `now − before`; null where either is. */
  readonly difference: number | null;
  /** The difference as a share of the size of `before`; null where that is 0 or null. */
  readonly growth: number | null;
  /** The difference as a share of the total's: those of all groups add up to 1. Null where the measure does not add up, or the total did not change. */
  readonly contribution: number | null;
}

/**
 * Ranks groups by the size of their difference, the greatest first; those of one size, and those without a difference, in the order of their values.
 * @param adds whether the groups' differences add up to the total's
 */
export function rankMovers(
  groups: readonly GroupPair[],
  total: GroupPair,
  adds: boolean,
  limit: number,
): {
  total: { before: number | null; now: number | null; difference: number | null };
  movers: Mover[];
  others: { groups: number; difference: number | null };
} {
  const all = differenceOf(total);
  const ranked = groups
    .map((pair): Mover => {
      const difference = differenceOf(pair);
      return {
        ...pair,
        difference,
        growth: difference === null || pair.before === null || pair.before === 0 ? null : difference / Math.abs(pair.before),
        contribution: !adds || difference === null || all === null || all === 0 ? null : difference / all,
      };
    })
    .sort((a, b) => sizeOf(b) - sizeOf(a) || (keyOf(a) < keyOf(b) ? -1 : 1));
  const rest = ranked.slice(limit);
  return {
    total: { before: total.before, now: total.now, difference: all },
    movers: ranked.slice(0, limit),
    others: { groups: rest.length, difference: adds ? sumOf(rest) : null },
  };
}

function differenceOf({ before, now }: GroupPair): number | null {
  return before === null || now === null ? null : now - before;
}

function keyOf({ group }: Mover): string {
  return JSON.stringify(Object.values(group));
}

function sizeOf({ difference }: Mover): number {
  return difference === null ? -1 : Math.abs(difference);
}

function sumOf(rest: readonly Mover[]): number {
  return rest.reduce((sum, { difference }) => sum + (difference ?? 0), 0);
}
