import { z } from "zod";
import { count, defineEvent, defineMetric, defineProject } from "../../model/index.ts";
import { steps } from "../behaviour/shop-events.ts";

const data = z.object({ country: z.string() });
const pageViewed = defineEvent({ type: "page.viewed", data });

/** Three of five events of the shop; the rollup has a row for each minute and country. */
export const views = defineMetric({ name: "views", event: pageViewed, measure: count(), dimensions: ["country"] });

/** The same with a rollup of hours beside that of minutes. */
export const viewsByHour = defineMetric({ ...views, name: "views_by_hour", coarser: ["1 hour"] });

/** The shop of the behaviour bench, with rollups to answer from. */
export const trendsProject = defineProject({
  name: "hydrograph_bench",
  streams: [{ name: "BENCH", subjects: ["bench.>"] }],
  events: steps.map((type) => (type === pageViewed.type ? pageViewed : defineEvent({ type, data }))),
  metrics: [views, viewsByHour],
});
