import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { startClickHouse, type RunningServer } from "../embedded/index.ts";
import { shopEvents } from "../examples/shop/index.ts";
import { CHROMIUM, startBrowser } from "./support/browser.ts";
import type { Running } from "./support/cli.ts";
import { freePort } from "./support/free-port.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

const VIEWS = ["overview", "board?name=sales", "explore", "health", "entity?entity=user-7", "sql"];
const PATIENCE = 60_000;

const events = [...shopEvents({ until: new Date(), days: 8, sessions: 1_500 })];
const broken = { specversion: "1.0", id: "broken-1", source: "shop", type: "order.placed", subject: "user-7", data: { orderId: 7 } };

describe.skipIf(CHROMIUM === undefined)(`the live page (${CHROMIUM ?? "skipped: no Chromium on PATH"})`, () => {
  let project: UserProject;
  let clickhouse: RunningServer;
  let clickhouseFolder: string;
  let clickhousePort: number;
  let server: Running;
  let worker: Running;
  let browser: Browser;
  let page: Page;
  let url = "";
  let complaints: string[] = [];

  const publish = async (name: string, published: readonly unknown[]): Promise<void> => {
    await writeFile(join(project.folder, name), `${published.map((event) => JSON.stringify(event)).join("\n")}\n`);
    await project.json(["publish", name]);
  };
  const startDatabase = (): Promise<RunningServer> => startClickHouse({ dataDir: clickhouseFolder, port: clickhousePort });

  beforeAll(async () => {
    clickhouseFolder = await mkdtemp(join(tmpdir(), "hydrograph-page-"));
    clickhousePort = await freePort();
    clickhouse = await startDatabase();
    project = await userProject("shop", { natsUrl: inject("natsUrl"), clickhouseUrl: clickhouse.url });
    await project.json(["migrate"]);
    await publish("first.ndjson", [...events.slice(0, -200), broken]);
    worker = project.start(["ingest"]);
    server = project.start(["serve", "--port", "0"]);
    await server.said(/Listening on /);
    url = /Listening on (\S+)/.exec(server.transcript())?.[1] ?? "";
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    for (const running of [server, worker]) running.child.kill("SIGTERM");
    await Promise.all([server.finished, worker.finished]);
    await clickhouse.stop();
    await project.remove();
    await rm(clickhouseFolder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(PATIENCE);
    complaints = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = async (view: string): Promise<void> => {
    await page.goto(`${url}/#/${view}`);
    await page.getByRole("main").waitFor();
  };
  const card = (name: RegExp) => page.getByRole("article").filter({ has: page.getByRole("heading", { name }) });
  const ordersShown = async (): Promise<number> =>
    Number(
      (
        await card(/^orders/)
          .locator("strong")
          .innerText()
      ).replaceAll(/\D/g, ""),
    );

  it("shows numbers that move while events arrive, and are those of the command", async () => {
    await open("overview");
    await card(/^orders/)
      .locator("canvas")
      .waitFor();
    const before = await ordersShown();
    await publish("second.ndjson", events.slice(-200));
    await expect.poll(ordersShown, { timeout: PATIENCE }).toBeGreaterThan(before);
    await expect.poll(async () => (await project.json<{ lagMessages: number }[]>(["lag"]))[0]?.lagMessages, { timeout: PATIENCE }).toBe(0);
    await page.reload();
    const { totals } = await project.json<{ totals: { values: { value: number } }[] }>(["trend", "orders", "--last", "7 days"]);
    await expect.poll(ordersShown, { timeout: PATIENCE }).toBe(totals[0]?.values.value);
  });

  it("changes range, zone and groups, and keeps them in the address", async () => {
    await open("overview");
    await page.getByLabel("Group by").selectOption("country");
    await card(/^orders by country/)
      .getByRole("listitem")
      .filter({ hasText: "DE" })
      .waitFor();
    await page.getByLabel("Range").selectOption({ label: "last 24 hours" });
    await page.getByLabel("Zone").selectOption("Asia/Tokyo");
    await expect.poll(() => decodeURIComponent(page.url()), { timeout: PATIENCE }).toMatch(/by=country&range=24\+hours&zone=Asia\/Tokyo/);
    await card(/^orders by country/)
      .locator("canvas")
      .waitFor();
    await page.goBack();
    expect(await page.getByLabel("Zone").inputValue()).toBe("UTC");
  });

  it("draws a dashboard of the project's own, by the same controls, with the answers of the commands", async () => {
    await open("overview");
    await page.getByRole("link", { name: "sales" }).click();
    await page.getByRole("heading", { name: "sales" }).waitFor();
    const { totals } = await project.json<{ totals: { values: { value: number } }[] }>(["trend", "orders", "--last", "30 days"]);
    await expect
      .poll(
        () =>
          card(/^Orders$/)
            .locator("strong")
            .getAttribute("title"),
        { timeout: PATIENCE },
      )
      .toBe(totals[0]?.values.value.toLocaleString("en"));
    for (const drawn of [/^Orders by country/, /^Conversion by device/]) await card(drawn).locator("canvas").waitFor();
    await page.getByLabel("Trends by").selectOption("device");
    await card(/^Orders by country/)
      .getByRole("listitem")
      .filter({ hasText: "mobile" })
      .waitFor();
    expect(
      await card(/^From view to payment/)
        .getByRole("row")
        .count(),
    ).toBe(5);
    await card(/^Who comes back/).scrollIntoViewIfNeeded();
    await card(/^Who comes back/)
      .getByRole("columnheader", { name: "+0" })
      .waitFor();
    await page.getByRole("combobox", { name: /^Range/ }).selectOption({ label: "last hour" });
    await card(/^Failed payments/)
      .getByText(/No events in this range|before/)
      .waitFor();
    await page.getByRole("link", { name: "Orders by country" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText(/^The same in a terminal: hydrograph trend orders .*--by device/).waitFor();
    await open("board?name=none");
    await page.getByText('The project declares no dashboard "none"').waitFor();
  });

  it("moves through a chart by the keys, and tells each bucket", async () => {
    await open("explore?metric=orders&grain=day");
    const chart = page.getByRole("group", { name: /^orders: chart/ });
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    await chart.getByText("open: still filling").waitFor();
    await page.keyboard.press("ArrowLeft");
    await chart.getByText("provisional: late events may come").waitFor();
    expect(await page.getByText(/^The same in a terminal:/).innerText()).toContain(
      "hydrograph trend orders --last '7 days' --grain day --zone UTC",
    );
  });

  it("follows a dead letter to its bytes", async () => {
    await open("health");
    await page.getByRole("button", { name: "schema-mismatch" }).click();
    await page.getByRole("button", { name: /_\w+ \d+$/i }).click();
    await page.getByText('"broken-1"').waitFor();
    expect(await page.getByRole("region", { name: "What each lane does" }).innerText()).toContain("running");
    expect(await page.getByText("balance").count()).toBe(1);
  });

  it("tells what happened to an entity, and what was known of it then", async () => {
    const busy = events.find(({ type }) => type === "order.placed")?.subject ?? "";
    await open("entity");
    await page.getByLabel("Subject of its events").fill(busy);
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { name: busy }).waitFor();
    await page.getByRole("button", { name: "order.placed" }).first().click();
    await page.getByRole("heading", { name: "After order.placed" }).waitFor();
    expect(await page.getByRole("rowheader", { name: "orderId" }).count()).toBe(1);
  });

  it("runs SQL that reads, and refuses any other", async () => {
    await open("sql");
    await page.getByLabel("Statement").fill("SELECT uniqExact(id) AS ids FROM events");
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^1 rows; /).waitFor();
    expect(await page.getByRole("cell").allInnerTexts()).toEqual([String(new Set(events.map(({ id }) => id)).size)]);
    for (const dangerous of ["DROP TABLE events", "SELECT file('/etc/hostname')", "SELECT 1 INTO OUTFILE '/tmp/x'"]) {
      await page.getByLabel("Statement").fill(dangerous);
      await page.getByRole("button", { name: "Run" }).click();
      await expect.poll(() => page.getByRole("alert").allInnerTexts(), { timeout: PATIENCE }).toHaveLength(1);
      await page.getByLabel("Statement").fill("SELECT 1");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText(/^1 rows; /).waitFor();
    }
    // The browser itself tells of answers that are refusals.
    expect(complaints.splice(0)).toHaveLength(3);
    expect(await project.json(["query", "SELECT count() > 0 AS there FROM events"])).toEqual({ there: 1 });
  });

  it("has no fault that keeps people out, in light and dark colours, and fits a desk and a phone", async () => {
    for (const view of VIEWS) {
      await open(view);
      await page.waitForLoadState("networkidle");
      await page.evaluate(axe.source);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const serious = await page.evaluate<string[]>(
          `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => id + ": " + nodes[0].html))`,
        );
        expect({ view, colorScheme, serious }).toEqual({ view, colorScheme, serious: [] });
      }
      await page.setViewportSize({ width: 390, height: 844 });
      // Charts take their new width a frame later.
      const width = (): Promise<number> => page.evaluate<number>("document.documentElement.scrollWidth");
      await expect.poll(width, { timeout: PATIENCE, message: view }).toBe(390);
      await page.setViewportSize({ width: 1440, height: 900 });
    }
  });

  it("says so when ClickHouse is away, keeps what it showed, and recovers by itself", async () => {
    await open("overview");
    await card(/^orders/)
      .locator("canvas")
      .waitFor();
    await clickhouse.stop();
    await page.getByText("the page tries again by itself").waitFor();
    expect(
      await card(/^orders/)
        .locator("canvas")
        .count(),
    ).toBe(1);
    clickhouse = await startDatabase();
    await page.getByText("the page tries again by itself").waitFor({ state: "detached" });
    complaints = [];
  });
});
