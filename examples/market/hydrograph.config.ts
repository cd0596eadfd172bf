import { avg, count, defineDashboard, defineEvent, defineMetric, defineProject, last, sum } from "hydrograph";
import { z } from "zod";

const price = z.number().positive();

const quote = defineEvent({ type: "market.quoted", data: z.object({ bid: price, ask: price }) });
const trade = defineEvent({
  type: "market.traded",
  data: z.object({ price, size: z.int().positive(), side: z.enum(["buy", "sell"]) }),
});

const trades = defineMetric({ name: "trades", event: trade, measure: count(), dimensions: ["subject", "side"] });
const shares = defineMetric({ name: "shares", event: trade, measure: sum("size"), dimensions: ["subject", "side"], unit: "shares" });
const meanBid = defineMetric({ name: "mean_bid", event: quote, measure: avg("bid"), dimensions: ["subject"], unit: "EUR" });
const lastPrice = defineMetric({ name: "last_price", event: trade, measure: last("price"), dimensions: ["subject"], unit: "EUR" });

export default defineProject({
  name: "market",
  streams: [{ name: "MARKET", subjects: ["market.>"] }],
  events: [quote, trade],
  metrics: [trades, shares, meanBid, lastPrice],
  dashboards: [
    defineDashboard({
      name: "market",
      title: "market",
      description: "Prices as candles, and who trades how much.",
      range: "5d",
      rows: [
        {
          title: "Prices",
          panels: [
            { show: "candles", event: trade, price: "price", size: "size", unit: "EUR", title: "Trades" },
            { show: "trend", metric: meanBid, by: "subject" },
            { show: "table", metric: lastPrice, by: "subject" },
          ],
        },
        {
          title: "Trading",
          panels: [
            { show: "trend", metric: shares, by: "subject" },
            { show: "trend", metric: shares, by: "side", title: "Bought and sold" },
            { show: "stat", metric: trades, title: "Number of trades" },
            { show: "stat", metric: shares },
            { show: "movers", metric: shares, by: "subject" },
          ],
        },
      ],
    }),
  ],
});
