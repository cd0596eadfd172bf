import type { ClickHouse } from "../../clickhouse/index.ts";
import { createApp } from "../../cli/serve/create-app.ts";
import { readPage } from "../../cli/serve/page.ts";
import { startServer } from "../../cli/serve/start-server.ts";
import { defineDashboard, type Project } from "../../model/index.ts";
import { startBrowser } from "../../tests/support/browser.ts";

/** What a browser took to draw a dashboard, in milliseconds from the address being opened. */
export interface PageLoad {
  readonly panels: number;
  /** Values drawn: buckets times lines. */
  readonly points: number;
  readonly firstPanelMs: number;
  readonly allPanelsMs: number;
}

const PANELS = 50;
const NAME = "fifty";

/** Opens a dashboard of fifty trends of a project on the live page, in a headless Chromium whose window is tall enough for all of them. */
export async function measurePageLoad(clickhouse: ClickHouse, project: Project): Promise<PageLoad> {
  const app = createApp({
    clickhouse,
    project: { ...project, dashboards: [fiftyTrends(project)] },
    ingestedUntil: () => Promise.resolve(undefined),
    lanes: () => Promise.resolve([]),
    sql: false,
    page: await readPage(),
    token: undefined,
    maxConcurrent: 8,
    maxSeconds: 60,
    onUnexpected: (error) => console.error(error),
  });
  const server = await startServer(app, { host: "127.0.0.1", port: 0, flag: "--port" });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 12_000 } });
    page.setDefaultTimeout(120_000);
    await page.goto(`${server.url}/#/board?name=${NAME}&every=0`);
    const drawn = async (panels: number): Promise<number> => {
      await page
        .locator("canvas")
        .nth(panels - 1)
        .waitFor();
      return Math.round(await page.evaluate<number>("performance.now()"));
    };
    const firstPanelMs = await drawn(1);
    const allPanelsMs = await drawn(PANELS);
    const legends = await page.locator(".legend li").count();
    return { panels: PANELS, points: legends * BUCKETS, firstPanelMs, allPanelsMs };
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** 30 days of 6 hours. */
const BUCKETS = 121;

function fiftyTrends({ metrics }: Project) {
  const grouped = metrics.filter(({ dimensions, measure }) => dimensions.length > 0 && measure.kind !== "first" && measure.kind !== "last");
  const panels = Array.from({ length: PANELS }, (_, index) => {
    const metric = grouped[index % grouped.length];
    if (!metric) throw new Error("The project has no metric with a dimension.");
    const by = metric.dimensions[index % metric.dimensions.length] ?? "";
    return { show: "trend", metric: metric.name, by, top: 8, title: `${index + 1} ${metric.name} by ${by}` } as const;
  });
  return defineDashboard({ name: NAME, title: "Fifty", range: "30d", rows: [{ title: "All", panels }] });
}
