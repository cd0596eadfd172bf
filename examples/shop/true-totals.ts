import { deliveries, LONGEST_WAY } from "./publish-order.ts";
import { shopHistory, type ShopOptions } from "./shop.ts";
import type { PaymentMethod, ShopEventType } from "./shop-event.ts";
import { visitsBetween } from "./traffic.ts";
import { visitEvents, type Draft } from "./visit-events.ts";

/** What is true of a stretch of the shop's log, counted from its visits; each event counts once, however often it was published. */
export interface ShopTotals {
  /** Publications, repeated ones included. */
  readonly messages: number;
  /** Distinct events. */
  readonly events: number;
  readonly byType: Readonly<Partial<Record<ShopEventType, number>>>;
  /** Distinct subjects that viewed a page. */
  readonly visitors: number;
  /** Orders by UTC day of event time, e.g. "2026-11-27". */
  readonly ordersByDay: Readonly<Record<string, number>>;
  /** Order amounts by country and currency, e.g. "DE/EUR", exact to the cent. */
  readonly revenue: Readonly<Record<string, number>>;
  readonly failedPayments: Readonly<Partial<Record<PaymentMethod, number>>>;
  /** Distinct events known an hour or more after they happened. */
  readonly late: number;
  /** Distinct events known two seconds to an hour after they happened. */
  readonly outOfOrder: number;
}

/** Counts what {@link shopEvents} with the same options publishes, without making the events or their order. */
export function trueTotals(options: ShopOptions): ShopTotals {
  const { shop, from, to } = shopHistory(options);
  const tally = new Tally();
  const inside = (at: number | undefined): boolean => at !== undefined && at >= from && at < to;
  for (const visit of visitsBetween(shop, from - LONGEST_WAY, to)) {
    const { subject, drafts } = visitEvents(shop, visit);
    for (const [index, { recorded, again }] of deliveries(shop, visit, drafts).entries()) {
      const copies = Number(inside(recorded)) + Number(inside(again));
      const draft = drafts[index];
      if (draft && copies > 0) tally.add(subject, draft, recorded - draft.time, copies);
    }
  }
  return tally.totals();
}

class Tally {
  #messages = 0;
  #events = 0;
  #late = 0;
  #outOfOrder = 0;
  readonly #byType = new Map<string, number>();
  readonly #visitors = new Set<string>();
  readonly #ordersByDay = new Map<string, number>();
  readonly #cents = new Map<string, number>();
  readonly #failed = new Map<string, number>();

  add(subject: string, draft: Draft, delay: number, copies: number): void {
    this.#messages += copies;
    this.#events += 1;
    if (delay >= 3_600_000) this.#late += 1;
    else if (delay >= 2_000) this.#outOfOrder += 1;
    increase(this.#byType, draft.type, 1);
    if (draft.type === "page.viewed") this.#visitors.add(subject);
    if (draft.type === "payment.failed") increase(this.#failed, draft.data.method, 1);
    if (draft.type === "order.placed") {
      increase(this.#ordersByDay, new Date(draft.time).toISOString().slice(0, 10), 1);
      increase(this.#cents, `${draft.data.country}/${draft.data.currency ?? "USD"}`, Math.round(draft.data.amount * 100));
    }
  }

  totals(): ShopTotals {
    return {
      messages: this.#messages,
      events: this.#events,
      byType: Object.fromEntries(this.#byType),
      visitors: this.#visitors.size,
      ordersByDay: inKeyOrder(this.#ordersByDay),
      revenue: inKeyOrder(this.#cents, 100),
      failedPayments: Object.fromEntries(this.#failed),
      late: this.#late,
      outOfOrder: this.#outOfOrder,
    };
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function inKeyOrder(counts: Map<string, number>, divisor = 1): Record<string, number> {
  const entries = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, total]) => [key, total / divisor]));
}
