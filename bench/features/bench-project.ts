import { z } from "zod";
import { count, defineEvent, defineFeatures, defineMetric, defineProject, max, sum, uniq, type Feature } from "../../model/index.ts";

const bought = defineEvent({ type: "bought", data: z.object({ amount: z.number(), product: z.string() }) });
const metrics = {
  orders: defineMetric({ name: "orders", event: bought, measure: count() }),
  spend: defineMetric({ name: "spend", event: bought, measure: sum("amount") }),
  largest: defineMetric({ name: "largest", event: bought, measure: max("amount") }),
  products: defineMetric({ name: "products", event: bought, measure: uniq("product", { exact: true }) }),
};
const windows = ["10m", "1h", "24h", "7d", "30d"];
const features: Record<string, Feature> = Object.fromEntries(
  Object.entries(metrics).flatMap(([name, metric]) => windows.map((window) => [`${name}_${window}`, { metric, window }] as const)),
);

/** Twenty features: four measures over five windows. */
export const buyer = defineFeatures({ name: "buyer", entity: "subject", features });

/** One type of event, with a number and one of a thousand texts. */
export const featuresProject = defineProject({
  name: "hydrograph_bench",
  streams: [{ name: "BENCH", subjects: ["bench.>"] }],
  events: [bought],
  metrics: Object.values(metrics),
  features: [buyer],
});
