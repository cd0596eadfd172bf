import { Dice, hash, weighted } from "./dice.ts";
import type { PaymentFailure, PaymentMethod, ShopData, ShopEventType } from "./shop-event.ts";
import type { Shop } from "./shop.ts";
import { isBlackFriday, type Visit } from "./traffic.ts";

const HOUR = 3_600_000;

/** No visit's last event is further from its start than this, in milliseconds. */
export const LONGEST_VISIT = 2 * HOUR;

/** A country, its currency, that currency's decimals, and its price level against the euro. */
interface Market {
  readonly country: string;
  readonly currency: string;
  readonly decimals: 0 | 2;
  readonly level: number;
}

const MARKETS = weighted<Market>(
  [{ country: "DE", currency: "EUR", decimals: 2, level: 1 }, 30],
  [{ country: "US", currency: "USD", decimals: 2, level: 1.1 }, 24],
  [{ country: "FR", currency: "EUR", decimals: 2, level: 1 }, 14],
  [{ country: "GB", currency: "GBP", decimals: 2, level: 0.85 }, 12],
  [{ country: "PL", currency: "PLN", decimals: 2, level: 4.3 }, 9],
  [{ country: "JP", currency: "JPY", decimals: 0, level: 160 }, 6],
  [{ country: "CH", currency: "CHF", decimals: 2, level: 0.95 }, 5],
);
const DEVICES = weighted(["mobile", 58], ["desktop", 36], ["tablet", 6]);
const METHODS = weighted<PaymentMethod>(["card", 55], ["paypal", 30], ["bank_transfer", 15]);
const FAILURES = weighted<PaymentFailure>(["declined", 45], ["insufficient_funds", 25], ["timeout", 20], ["fraud_check", 10]);
const PAGES = ["home", "category", "product", "product", "product", "search", "reviews"] as const;
const CATEGORIES = ["books", "garden", "kitchen", "toys", "sports", "music", "shoes", "lamps"] as const;

/** One event before it has an id or the clock of the log. */
export type Draft = {
  [T in ShopEventType]: {
    readonly type: T;
    /** Event time, milliseconds since 1970. */
    readonly time: number;
    readonly data: T extends "order.placed" ? Omit<ShopData[T], "currency"> & { readonly currency?: string } : ShopData[T];
    /** Schema version, where the type has more than one. */
    readonly dataversion?: number;
  };
}[ShopEventType];

/** What one visitor does, in order of event time. */
export interface VisitEvents {
  readonly subject: string;
  readonly drafts: readonly Draft[];
}

/** The state of a visit while it is drawn. */
interface Basket {
  readonly dice: Dice;
  readonly market: Market;
  readonly device: string;
  readonly drafts: Draft[];
  /** Whether the shop is in the rush of a sale. */
  readonly rush: boolean;
  /** Where the visitor's clock stands, milliseconds since 1970. */
  time: number;
}

/** Everything that happens in one visit; depends on the shop and the visit only. */
export function visitEvents(shop: Shop, visit: Visit): VisitEvents {
  const dice = new Dice(shop.seed, visit.day, visit.number + 0x10000000);
  const user = Math.floor(shop.users * dice.next() ** 2);
  const market = new Dice(shop.seed, user, -2).weigh(MARKETS);
  const rush = isBlackFriday(visit.day);
  const basket: Basket = { dice, market, device: dice.weigh(DEVICES), drafts: [], rush, time: visit.start };
  viewPages(basket);
  if (dice.chance(rush ? 0.35 : 0.25)) {
    const { minor, items } = fillCart(shop, basket);
    if (dice.chance(rush ? 0.6 : 0.45)) placeOrder(basket, `order-${visitKey(shop, visit)}`, amountOf(market, minor), items);
  }
  return { subject: `user-${user}`, drafts: basket.drafts };
}

/** The beginning of every id in a visit. */
export function visitKey(shop: Shop, visit: Visit): string {
  return `${shop.tag}-${visit.day}-${visit.number}`;
}

function viewPages(basket: Basket): void {
  const { dice, market, device, drafts } = basket;
  const { country } = market;
  let page: string = "home";
  do {
    drafts.push({ type: "page.viewed", time: basket.time, data: { page, device, country } });
    basket.time += Math.floor(dice.between(3_000, 90_000));
    page = dice.pick(PAGES);
  } while (drafts.length < 20 && dice.chance(0.75));
}

function fillCart(shop: Shop, basket: Basket): { minor: number; items: number } {
  const { dice, market, drafts } = basket;
  const { country, currency } = market;
  let minor = 0;
  let items = 0;
  do {
    const article = Math.floor(320 * dice.next());
    const quantity = dice.chance(0.15) ? 2 : 1;
    const price = priceOf(shop, article, market);
    const category = CATEGORIES[article % CATEGORIES.length] ?? "books";
    drafts.push({
      type: "cart.item_added",
      time: basket.time,
      data: { sku: `sku-${article}`, category, quantity, price: amountOf(market, price), country, currency },
    });
    basket.time += Math.floor(dice.between(2_000, 60_000));
    minor += quantity * price;
    items += quantity;
  } while (items < 8 && dice.chance(0.4));
  return { minor, items };
}

/** Price of an article in the market's smallest unit: log-uniform from 4 to 300 euros, ending in 99 where there are cents. */
function priceOf(shop: Shop, article: number, { level, decimals }: Market): number {
  const euros = 4 * 75 ** ((hash(shop.seed, article, -3) >>> 0) / 4_294_967_296);
  const whole = Math.ceil(euros * level);
  return decimals === 0 ? whole : whole * 100 - 1;
}

function amountOf({ decimals }: Market, minor: number): number {
  return decimals === 0 ? minor : minor / 100;
}

function placeOrder(basket: Basket, orderId: string, amount: number, items: number): void {
  const { dice, market, device, drafts } = basket;
  const { country, currency } = market;
  const order = { orderId, amount, items, country, device };
  // One US order in eight comes from an old app, which speaks version 1.
  const old = country === "US" && dice.chance(0.125);
  drafts.push({ type: "order.placed", time: basket.time, data: old ? order : { ...order, currency }, dataversion: old ? 1 : 2 });
  pay(basket, orderId, amount);
}

/** Up to three tries: each may succeed, fail, and be retried; who gives up pays cash on delivery or not at all. */
function pay(basket: Basket, orderId: string, amount: number): void {
  const { dice, drafts, rush } = basket;
  const { country, currency } = basket.market;
  let method = dice.weigh(METHODS);
  for (let attempt = 1; ; attempt += 1) {
    basket.time += Math.floor(dice.between(2_000, attempt === 1 ? 40_000 : 20_000));
    const payment = { orderId, method, amount, attempt, country, currency };
    // The payment provider suffers on Black Friday.
    if (!dice.chance(rush ? 0.28 : attempt === 1 ? 0.1 : 0.35)) {
      drafts.push({ type: "payment.succeeded", time: basket.time, data: payment });
      return;
    }
    drafts.push({ type: "payment.failed", time: basket.time, data: { ...payment, reason: dice.weigh(FAILURES) } });
    basket.time += Math.floor(dice.between(10_000, 600_000));
    if (attempt === 3 || !dice.chance(0.65)) break;
    if (dice.chance(0.4)) method = dice.weigh(METHODS);
    drafts.push({
      type: "payment.retried",
      time: basket.time,
      data: { orderId, method, amount, attempt: attempt + 1, country, currency },
    });
  }
  if (!dice.chance(0.6)) return;
  drafts.push({
    type: "payment.switched_to_cash_on_delivery",
    time: basket.time,
    data: { orderId, amount, attempts: drafts.filter(({ type }) => type === "payment.failed").length, country, currency },
  });
}
