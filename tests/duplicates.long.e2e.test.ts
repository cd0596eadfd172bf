import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { shopEvents, type ShopEvent } from "../examples/shop/index.ts";
import { connectJetStream, type JetStream } from "../jetstream/index.ts";
import { ledgerViolations, type PublishedEvent } from "./oracles/ledger.ts";
import { readBooks } from "./support/books.ts";
import { randomFrom } from "./support/random.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

const KILLS = 6;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const events: ShopEvent[] = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 2, sessions: 300 })];
const distinct = new Set(events.map(({ id, source }) => `${source} ${id}`)).size;

/** What must become of each event of the log, asked in order: the first of a key is a row. Orders of version 1 named no currency; the config's upcast says US dollars. */
function expectations(): (event: PublishedEvent) => PublishedEvent {
  const seen = new Set<string>();
  return (event) => {
    const key = `${event.source} ${event.id}`;
    const expectation = seen.has(key) ? "duplicate" : "row";
    seen.add(key);
    const data = event.type === "order.placed" ? { currency: "USD", ...(event.data as object) } : event.data;
    return { ...event, data, expect: expectation };
  };
}

describe(`events published again and again while workers are killed (SEED=${seed})`, () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;
  let jetstream: JetStream;
  let published = 0;

  beforeAll(async () => {
    project = await userProject("shop", addresses);
    const file = join(project.folder, "hydrograph.config.ts");
    const config = await readFile(file, "utf8");
    await writeFile(
      file,
      config.replace(
        "export default defineProject({",
        'export default defineProject({\n  deduplicate: { within: "1h" },\n  limits: { batchRows: 100, lease: "1s" },',
      ),
    );
    await project.json(["migrate"]);
    jetstream = await connectJetStream({ url: addresses.natsUrl });
  });
  afterAll(async () => {
    await jetstream.close();
    await project.remove();
  });

  /** Publishes about half of the events, in their order, under ids that JetStream has not seen. */
  async function publishSome(): Promise<void> {
    const chosen = events.filter(() => random() < 0.5);
    await jetstream.publish(chosen.map((event) => ({ subject: `${project.name}.again`, payload: Buffer.from(JSON.stringify(event)) })));
    published += chosen.length;
  }

  it("is killed with duplicates on both sides of its end", { timeout: 300_000 }, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await publishSome();
      const worker = project.start(["ingest"]);
      await worker.said(/the deduplication window of \S+ holds/);
      await sleep(random() * 250);
      worker.child.kill("SIGKILL");
      expect((await worker.finished).signal).toBe("SIGKILL");
    }
  });

  it("has kept each event once and counted the others, once it may finish", { timeout: 300_000 }, async () => {
    await jetstream.publish(events.map((event) => ({ subject: `${project.name}.again`, payload: Buffer.from(JSON.stringify(event)) })));
    published += events.length;
    const { stdout } = await project.run(["ingest", "--until-caught-up"]);
    expect(stdout).toMatch(/ [\d,]+ duplicates left out\.\n$/);
    expect(await project.json(["verify"])).toMatchObject({
      ok: true,
      received: published,
      inserted: distinct,
      deadLettered: 0,
      duplicates: published - distinct,
    });
    expect(ledgerViolations(await readBooks(project, addresses, expectations()))).toEqual([]);
  });
});
