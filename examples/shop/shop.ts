import { hash } from "./dice.ts";

const DAY = 86_400_000;
/** Mean number of events of a visit on an ordinary day; a test keeps it true. */
export const EVENTS_PER_VISIT = 4.7;

/** How much of the stream is out of the ordinary, each as a share of all events in [0, 1]. */
export interface Disorder {
  /** Known 1 hour to 3 days after they happened: apps that were offline. */
  readonly late: number;
  /** Known 2 seconds to 2 minutes after they happened, so behind younger events; all others are known within half a second. */
  readonly outOfOrder: number;
  /** Published twice, 1 second to 10 minutes apart, with the same `source` and `id`. */
  readonly duplicates: number;
}

/** Disorder unless said otherwise. */
export const DISORDER: Disorder = { late: 0.01, outOfOrder: 0.03, duplicates: 0.005 };

/** Which shop, and which stretch of its log. */
export interface ShopOptions {
  /** Any whole number; another seed is another shop. Default 1. */
  readonly seed?: number;
  /** End of the history: events published before this moment. */
  readonly until: Date;
  /** Length of the history. Default 30. */
  readonly days?: number;
  /** Start of the history, instead of `until` minus `days`. */
  readonly from?: Date;
  /** Visits in `days` ordinary days; a sale adds to them. Default 60,000, about 300,000 events. */
  readonly sessions?: number;
  readonly disorder?: Partial<Disorder>;
}

/** A shop with every choice made: what a visit's events depend on. */
export interface Shop {
  readonly seed: number;
  readonly visitsPerDay: number;
  /** Size of the pool that visitors come from; the first ones come far more often than the last. */
  readonly users: number;
  readonly disorder: Disorder;
  /** Begins every id, so that shops of other seeds or sizes never share one. */
  readonly tag: string;
}

/** A shop and the half-open stretch [from, to) of publish time, in milliseconds since 1970. */
export interface ShopHistory {
  readonly shop: Shop;
  readonly from: number;
  readonly to: number;
}

/** Fills in the defaults. @throws RangeError with one sentence if an option makes no sense */
export function shopHistory({ seed = 1, until, days = 30, from, sessions = 60_000, disorder }: ShopOptions): ShopHistory {
  const to = until.getTime();
  const start = from?.getTime() ?? to - days * DAY;
  if (Number.isNaN(to) || Number.isNaN(start)) throw new RangeError("`until` and `from` must be valid dates.");
  if (!(days > 0 && start < to)) throw new RangeError("`until` must be later than `from`, and `days` above zero.");
  if (!(sessions >= 1)) throw new RangeError("`sessions` must be at least 1.");
  return { shop: openShop(seed, sessions / days, disorder), from: start, to };
}

/** A shop whose log grows by about `rate` events a second, on average over an ordinary week. @throws RangeError with one sentence */
export function shopOfRate(seed: number, rate: number, disorder?: Partial<Disorder>): Shop {
  if (!(rate > 0)) throw new RangeError("`rate` must be above zero.");
  return openShop(seed, (rate * DAY) / 1_000 / EVENTS_PER_VISIT, disorder);
}

function openShop(seed: number, visitsPerDay: number, partial: Partial<Disorder> = {}): Shop {
  const disorder = { ...DISORDER, ...partial };
  const shares = [disorder.late, disorder.outOfOrder, disorder.duplicates, disorder.late + disorder.outOfOrder];
  if (!Number.isSafeInteger(seed)) throw new RangeError("`seed` must be a whole number.");
  if (!shares.every((share) => share >= 0 && share <= 1)) throw new RangeError("`disorder` must be shares from 0 to 1.");
  const size = hash(Math.round(visitsPerDay * 1_000), Math.round(disorder.late * 1e6), Math.round(disorder.outOfOrder * 1e6));
  const tag = (hash(seed, size, Math.round(disorder.duplicates * 1e6)) >>> 0).toString(36);
  return { seed, visitsPerDay, users: Math.max(50, Math.round(visitsPerDay * 8)), disorder, tag };
}
