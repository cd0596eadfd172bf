// Takes the pictures of the README: of a page that is served, say by "npm run demo", with a Chromium on PATH.
// Usage: node scripts/take-pictures.mjs [url]
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const folder = fileURLToPath(new URL("../docs/img", import.meta.url));
const pictures = [
  { name: "live-page", view: "overview?range=30 days", width: 1_440, height: 900, colorScheme: "light" },
  { name: "live-page-dark", view: "explore?metric=orders&by=country&range=30 days", width: 1_440, height: 900, colorScheme: "dark" },
  { name: "live-page-board", view: "board?name=sales&range=30 days", width: 1_440, height: 900, colorScheme: "light" },
  { name: "live-page-phone", view: "overview?range=30 days", width: 390, height: 844, colorScheme: "light" },
];

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const { name, view, width, height, colorScheme } of pictures) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(`${url}/#/${view}&every=0`);
  await page.locator("canvas").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: `${folder}/${name}.png` });
}
await browser.close();
