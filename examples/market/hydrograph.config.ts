import { avg, count, defineEvent, defineMetric, defineProject, last, sum } from "hydrograph";
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
});
