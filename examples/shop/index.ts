export { liveShopEvents, shopEvents } from "./shop-events.ts";
export { DISORDER, type ShopOptions } from "./shop.ts";
export type { ShopEvent } from "./shop-event.ts";
export { trueTotals } from "./true-totals.ts";
