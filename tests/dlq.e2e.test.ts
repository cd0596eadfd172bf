import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectJetStream } from "../jetstream/index.ts";
import { ORDER, orderEvent } from "./support/order-event.ts";
import { migratedShop, type UserProject } from "./support/user-project.ts";

function orderOf(id: string, amount: number): string {
  return orderEvent(id, { data: { ...ORDER, amount } });
}

describe("dead letters on the command line", () => {
  let project: UserProject;

  beforeAll(async () => {
    project = await migratedShop({ natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    const lines = [orderOf("1", 10), orderOf("2", -5), orderOf("3", -6), orderOf("4", 10)];
    await writeFile(join(project.folder, "orders.ndjson"), lines.join("\n"));
    await project.json(["publish", "orders.ndjson"]);
    const jetstream = await connectJetStream({ url: inject("natsUrl") });
    await jetstream.publish([{ subject: `${project.name}.raw`, payload: Buffer.from([0xff, 0x00, 0x0a]) }]);
    await jetstream.close();
    await project.json(["ingest", "--until-caught-up"]);
  });
  afterAll(async () => {
    await project.remove();
  });

  it("are listed by reason and one by one, for people and for programs", async () => {
    const { code, stdout } = await project.run(["dlq", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^letters +stream +reason +state +newest seq/);
    expect(stdout).toMatch(/^ +2 +SHOP_\w+ +schema-mismatch +open +3 .* data\.amount does not fit the schema of order\.placed/m);
    expect(stdout).toContain(`See one with its bytes: hydrograph dlq show 5 --stream ${project.stream}`);
    const listed = await project.run(["dlq", "list", "--reason", "schema-mismatch", "--since", "1h", "--format", "json"]);
    const letters = listed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(letters).toMatchObject([
      { seq: 3, idx: 0, state: "open" },
      { seq: 2, stage: "validate" },
    ]);
    const counted = await project.run(["dlq", "list", "--count", "--format", "csv"]);
    expect(counted.stdout.split("\n")).toHaveLength(4);
    expect((await project.run(["dlq", "list", "--reason", "too-deep"])).stdout).toBe("No dead letters.\n");
  });

  it("are shown with their bytes, and nowhere else", async () => {
    expect((await project.run(["dlq", "show", "2"])).stdout).toContain('"amount":-5');
    const shown = await project.run(["dlq", "show", "5"]);
    expect(shown.stdout).toContain("payload, 3 B, in hexadecimal:\nff000a\n");
    expect(await project.json(["dlq", "show", "5"])).toMatchObject({
      seq: 5,
      payload_base64: "/wAK",
      letters: [{ reason: "invalid-utf8" }],
    });
    expect((await project.run(["dlq", "show", "3", "--raw"])).stdout).toBe(orderOf("3", -6));
    expect((await project.run(["dlq", "list"])).stdout).not.toContain("-5");
  });

  it("are replayed once with a mended config, and discarded with a reason", async () => {
    const path = join(project.folder, "hydrograph.config.ts");
    const config = await readFile(path, "utf8");
    const mended = config.replace("const amount = z.number().nonnegative();", "const amount = z.number();");
    expect(mended).not.toBe(config);
    await writeFile(path, mended);
    const would = await project.json(["dlq", "replay", "--dry-run"]);
    expect(would).toMatchObject({ dryRun: true, replayed: 2, eventRows: 2, refused: [{ reason: "invalid-utf8", letters: 1 }] });
    const replayed = await project.run(["dlq", "replay"]);
    expect(replayed.stdout).toMatch(/^2 letters replayed: 2 events; 1 letter stays open\.\n/);
    expect(replayed.stdout).toMatch(/^ +1 +SHOP_\w+ +invalid-utf8 +5 +the payload is no valid UTF-8$/m);
    expect(await project.json(["dlq", "replay"])).toMatchObject({ replayed: 0 });
    expect(await project.json(["dlq", "discard", "--seq", "5", "--because", "a probe"])).toEqual({ discarded: 1 });
    const report = { ok: true, received: 5, inserted: 2, deadLettered: 3, openLetters: 0, replayedLetters: 2, discardedLetters: 1 };
    expect(await project.json(["verify"])).toMatchObject(report);
    expect(await project.json(["verify", "--deep"])).toMatchObject({ ...report, log: { changed: 0, gone: 0, incomplete: 0 } });
    const { stdout } = await project.run(["verify", "--deep"]);
    expect(stdout).toMatch(/The log: \d+ batch(es)? as they were read\./);
    expect(stdout).toContain("2 letters replayed since; 1 letter discarded");
    expect((await project.run(["query", "SELECT count() AS n FROM events", "--format", "csv"])).stdout).toBe('"n"\n4\n');
  });
});
