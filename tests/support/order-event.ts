/** Data of an order that the shop's config takes. */
export const ORDER = { orderId: "o1", amount: 10, items: 1, country: "DE", currency: "EUR", device: "phone" };

/** The JSON of an order as the shop's producers send it. @param extra attributes that are other ones */
export function orderEvent(id: string, extra: object = {}): string {
  const order = { specversion: "1.0", id, source: "test", type: "order.placed", time: "2026-11-01T12:00:00Z", dataversion: 2, data: ORDER };
  return JSON.stringify({ ...order, ...extra });
}
