export { liveShopEvents, shopEvents, type LiveOptions } from "./shop-events.ts";
export { DISORDER, type Disorder, type ShopOptions } from "./shop.ts";
export type { ShopData, ShopEvent, ShopEventType } from "./shop-event.ts";
export { trueTotals, type ShopTotals } from "./true-totals.ts";
