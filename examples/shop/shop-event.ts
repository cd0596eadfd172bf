import type { CloudEvent } from "hydrograph";

/** How an order can be paid for online. */
export type PaymentMethod = "card" | "paypal" | "bank_transfer";

/** Why a payment was refused. */
export type PaymentFailure = "declined" | "insufficient_funds" | "timeout" | "fraud_check";

interface Buying {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** ISO 4217. */
  readonly currency: string;
}

interface Payment extends Buying {
  readonly orderId: string;
  readonly method: PaymentMethod;
  readonly amount: number;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** Version 1 of `order.placed`, from apps sold in the US only: no currency yet. */
type OrderPlacedV1 = Omit<ShopData["order.placed"], "currency">;

/** What the `data` of each type of event holds, at its newest version. Amounts are in the currency's main unit, to the cent. */
export interface ShopData {
  "page.viewed": { readonly page: string; readonly device: string; readonly country: string };
  "cart.item_added": Buying & { readonly sku: string; readonly category: string; readonly quantity: number; readonly price: number };
  "order.placed": Buying & { readonly orderId: string; readonly amount: number; readonly items: number; readonly device: string };
  "payment.succeeded": Payment;
  "payment.failed": Payment & { readonly reason: PaymentFailure };
  "payment.retried": Payment;
  "payment.switched_to_cash_on_delivery": Buying & { readonly orderId: string; readonly amount: number; readonly attempts: number };
}

/** Types of the shop's events. */
export type ShopEventType = keyof ShopData;

/** An event of the shop, as published. */
export type ShopEvent = {
  [T in ShopEventType]: CloudEvent<T, T extends "order.placed" ? ShopData[T] | OrderPlacedV1 : ShopData[T]>;
}[ShopEventType];
