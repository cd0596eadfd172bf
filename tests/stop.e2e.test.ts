import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { shopEvents, type ShopEvent } from "../examples/shop/index.ts";
import { ledgerViolations, type PublishedEvent } from "./oracles/ledger.ts";
import { readBooks } from "./support/books.ts";
import { userProject } from "./support/user-project.ts";

const events: ShopEvent[] = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 3, sessions: 2_500 })];

/** Orders of version 1 named no currency; the config's upcast says US dollars. */
function expected(event: PublishedEvent): PublishedEvent {
  return event.type === "order.placed" ? { ...event, data: { currency: "USD", ...(event.data as object) } } : event;
}

describe("a worker asked to stop", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };

  it.each(["SIGTERM", "SIGINT"] as const)("commits what it has read on %s, and leaves nothing to settle", async (signal) => {
    const project = await userProject("shop", addresses);
    await writeFile(
      join(project.folder, "shop.ndjson"),
      events
        .slice(0, 5_000)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    );
    await project.json(["migrate"]);
    await project.json(["publish", "shop.ndjson"]);
    const worker = project.start(["ingest"]);
    await worker.said(/"state":"running"/);
    worker.child.kill(signal);
    const { code, stdout } = await worker.finished;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Ingested [\d,]+ messages? in /)]);
    expect(await project.json(["verify"])).toMatchObject({ ok: true });
    const [lane] = await project.json<{ owner: string | null }[]>(["lag"]);
    expect(lane?.owner).toBeNull();
    await project.json(["ingest", "--until-caught-up"]);
    expect(ledgerViolations(await readBooks(project, addresses, expected))).toEqual([]);
    await project.remove();
  });
});
