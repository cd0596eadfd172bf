import { openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Outcome } from "../cli/run-here.test-support.ts";
import { orderEvent } from "./support/order-event.ts";
import { migratedShop, userProject, type UserProject } from "./support/user-project.ts";

/** One sentence on stderr, an exit code that says whose fault it is, and neither an answer nor a stack. */
function expectSentence({ code, stderr, stdout }: Outcome, exitCode: number, sentence: RegExp): void {
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stdout).toBe("");
  expect(code).toBe(exitCode);
}

describe("bad input", () => {
  let project: UserProject;
  let listener: Server;
  let takenPort = 0;

  beforeAll(async () => {
    project = await migratedShop({ natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    listener = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    takenPort = (listener.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await new Promise((resolve) => listener.close(resolve));
    await project.remove();
  });

  async function file(name: string, content: string | Buffer): Promise<string> {
    await writeFile(join(project.folder, name), content);
    return name;
  }

  describe("of a config", () => {
    it("names the file that is not there", async () => {
      expectSentence(await project.run(["migrate", "--config", "other.ts"]), 2, /^hydrograph: other\.ts: there is no such config file/);
    });

    it("names the place of a slip of the keys", async () => {
      await file("slip.ts", "export default {{");
      expectSentence(
        await project.run(["migrate", "--config", "slip.ts"]),
        2,
        /^hydrograph: slip\.ts: line 1, column 16: Expected identifier/,
      );
    });

    it("lists each broken rule", async () => {
      const config = await readFile(join(project.folder, "hydrograph.config.ts"), "utf8");
      await file("rules.ts", config.replace('name: "orders"', 'name: "Or ders"').replace('window: "7d"', 'window: "a week"'));
      const { code, stderr } = await project.run(["trend", "orders", "--config", "rules.ts"]);
      expect(stderr).toMatch(/^hydrograph: rules\.ts: metrics\[\d+\]\.name: must start with a lower-case letter/m);
      expect(stderr).toMatch(/^hydrograph: rules\.ts: features\.buyer\.views_7d\.window: /m);
      expect(code).toBe(2);
    });
  });

  describe("of a file to publish", () => {
    it("reports broken lines and publishes the others", async () => {
      const name = await file(
        "broken.ndjson",
        [orderEvent("1"), "{ not json", orderEvent("2", { id: "" }), "", orderEvent("3")].join("\n"),
      );
      const { code, stderr, stdout } = await project.run(["publish", name, "--format", "json"]);
      expect(stderr.trim().split("\n")).toEqual([
        "hydrograph: broken.ndjson: line 2: not valid JSON; left out.",
        'hydrograph: broken.ndjson: line 3: lacks the attribute "id"; left out.',
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ published: 2, broken: 2 });
      expect(code).toBe(2);
    });

    it("stops at the first with --strict", async () => {
      const name = await file("strict.ndjson", [orderEvent("s1"), "{ not json", orderEvent("s2")].join("\n"));
      const { code, stderr, stdout } = await project.run(["publish", name, "--strict", "--format", "json"]);
      expect(stderr).toBe(
        "hydrograph: strict.ndjson: line 2: not valid JSON; stopped here (--strict), the lines after it were not read.\n",
      );
      expect(JSON.parse(stdout)).toMatchObject({ published: 1, broken: 1 });
      expect(code).toBe(2);
    });

    it("reads standard input, and gzip by its bytes", async () => {
      const { code, stdout } = await project.start(["publish", "-", "--format", "json"], { input: gzipSync(`${orderEvent("g1")}\n`) })
        .finished;
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { published: 1 }]);
    });

    it("names the file whose gzip data ends early", async () => {
      const whole = gzipSync(Array.from({ length: 3_000 }, (_, index) => orderEvent(`cut-${index * 7_919}`)).join("\n"));
      const name = await file("cut.ndjson.gz", whole.subarray(0, whole.length - 2_000));
      expectSentence(await project.run(["publish", name]), 1, /^hydrograph: cut\.ndjson\.gz: the gzip data is damaged/);
    });

    it("names a file that is not there, and a folder", async () => {
      await mkdir(join(project.folder, "folder"), { recursive: true });
      expectSentence(await project.run(["publish", "absent.ndjson"]), 2, /^hydrograph: absent\.ndjson: there is no such file\.$/m);
      expectSentence(await project.run(["publish", "folder"]), 2, /^hydrograph: folder: this is a folder, a file is needed\.$/m);
    });
  });

  describe("of a question", () => {
    it.each([
      [["trend", "ordres"], /"ordres".*did you mean "orders"\?/],
      [["funnel", "order.placd", "order.placed"], /no event "order\.placd": did you mean "order\.placed"\?/],
      [["funnel", "order.placed"], /from 2 to 12 steps, not 1/],
      [["retention", "order.placed where contry = DE"], /no field "contry": did you mean "country"\?/],
      [["lifecycle", "order.placed where amount = much"], /"amount" must be a number, not "much"/],
      [["sessions", "--gap", "soon"], /"gap" is "soon": write a length of time/],
      [["paths", "--length", "11"], /"length" is 11: a path has from 2 to 10 steps/],
      [["trend", "orders", "--by", "contry"], /did you mean "country"\?/],
      [["trend", "orders", "--from", "2026-11-02", "--to", "2026-11-01"], /before|later|earlier|after/],
      [["trend", "orders", "--from", "2026-02-30"], /--from: "2026-02-30" is no moment/],
      [["trend", "orders", "--last", "soon"], /--last: "soon" is no length of time/],
      [["trend", "orders", "--zone", "Mars/Olympus"], /"Mars\/Olympus" is no time zone/],
      [["trend", "orders", "--grain", "fortnight"], /fortnight/],
      [["trend", "orders", "--last", "9999d", "--grain", "1 second"], /buckets/],
      [["trend", "orders", "--where", "country"], /--where: "country" must be name=value/],
      [["trend", "payments", "--where", "attempt=often"], /whole number/],
      [["trend", "orders", "--as-of", "nowhere.json"], /--as-of: there is no file "nowhere\.json"/],
      [["query", "SELECT 1 FROM nowhere_at_all"], /nowhere_at_all/],
      [["query", "SELECT number FROM numbers(100)", "--max-rows", "10"], /10/],
      [["query", "DROP TABLE events"], /read|DROP/i],
      [["query", "SELECT {x:UInt8}", "--param", "x"], /--param: "x" must be name=value/],
      [["dlq", "show", "4711"], /^hydrograph: No dead letter of message 4711 of stream /],
      [["dlq", "list", "--since", "soon"], /--since: "soon" is no moment/],
      [["dlq", "discard", "--because", "no need"], /Which letters\? .*--all/],
      [["dlq", "discard", "--all", "--because", " "], /--because: say why/],
      [["verify", "--from", "10"], /--from and --to say what --deep reads: add --deep/],
      [["features", "build", "--spine", "none.csv", "--features", "buyer", "--out", "t.parquet"], /none\.csv/],
      [["features", "build", "--spine", "none.csv", "--features", "byer", "--out", "t.parquet"], /did you mean "buyer"/],
    ])("answers %j with a sentence", async (args, sentence) => {
      expectSentence(await project.run(args), 2, sentence);
    });

    it("says it on stderr, and nothing else", async () => {
      const { code, ...said } = await project.start(["trend", "ordres"]).finished;
      expectSentence({ code: code ?? 0, ...said }, 2, /^hydrograph: .*"ordres".*did you mean "orders"\?/);
    });

    it.each([
      [["dlq", "list", "--seq", "9-3"]],
      [["dlq", "discard", "--all"]],
      [["trend"]],
      [["trend", "orders", "--grian", "day"]],
      [["trand", "orders"]],
      [["query", "SELECT 1", "--max-rows", "0"]],
      [["serve", "--port", "99999"]],
    ])("answers %j with what is wrong and where to find help", async (args) => {
      const { code, stderr } = await project.run(args);
      expect(stderr).toMatch(/^hydrograph: .*\n(.*\n)?\(add "--help" for what there is\)\n$/);
      expect(code).toBe(2);
    });
  });

  describe("of addresses", () => {
    const nobody = { HYDROGRAPH_NATS_URL: "nats://127.0.0.1:9", HYDROGRAPH_CLICKHOUSE_URL: "http://127.0.0.1:9" };

    it("says which server cannot be reached, where, and what to do", async () => {
      const name = await file("one.ndjson", orderEvent("1"));
      expectSentence(
        await project.run(["publish", name], nobody),
        1,
        /Cannot connect to NATS at nats:\/\/127\.0\.0\.1:9: nothing listens there/,
      );
      for (const args of [["migrate"], ["trend", "orders"], ["query", "SELECT 1"], ["verify"]])
        expectSentence(await project.run(args, nobody), 1, /Cannot reach ClickHouse at http:\/\/127\.0\.0\.1:9: nothing listens there/);
      expectSentence(await project.run(["lag"], nobody), 1, /Cannot connect to NATS at nats:\/\/127\.0\.0\.1:9: nothing listens there/);
      expectSentence(
        await project.run(["ingest"], { HYDROGRAPH_CLICKHOUSE_URL: nobody.HYDROGRAPH_CLICKHOUSE_URL }),
        1,
        /Cannot reach ClickHouse at/,
      );
    });

    it("says what to do when none is given", async () => {
      const none = { HYDROGRAPH_NATS_URL: "", HYDROGRAPH_CLICKHOUSE_URL: "" };
      expectSentence(await project.run(["trend", "orders"], none), 2, /Where is ClickHouse\? Start one with "hydrograph up"/);
      expectSentence(await project.run(["publish", "one.ndjson"], none), 2, /Where is NATS\?/);
    });

    it("refuses what is no address", async () => {
      expectSentence(await project.run(["trend", "orders", "--clickhouse", "ftp://x"]), 2, /"ftp:\/\/x" is no address of ClickHouse/);
    });

    it("asks for a migration where the database or a table lacks", async () => {
      const fresh = await userProject("git", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
      expectSentence(await fresh.run(["trend", "commits"]), 2, /has no database ".*" yet: run "hydrograph migrate"/);
      await fresh.remove();
    });

    it("names a port that is in use", async () => {
      expectSentence(
        await project.run(["ingest", "--until-caught-up"], { HYDROGRAPH_METRICS_PORT: String(takenPort) }),
        1,
        new RegExp(`port ${takenPort} on 127\\.0\\.0\\.1 is already in use`),
      );
      expectSentence(await project.run(["up", "--nats-port", String(takenPort)]), 1, new RegExp(`[Pp]ort ${takenPort} .*already in use`));
      expectSentence(
        await project.run(["up", "--clickhouse-port", String(takenPort)]),
        1,
        new RegExp(`[Pp]ort ${takenPort} .*already in use`),
      );
    });
  });

  it("says that the disk is full", async () => {
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await project.start(["query", "SELECT 1", "--format", "csv"], { stdout: full }).finished;
    expect(stderr).toBe("hydrograph: the answer could not be written: the disk is full.\n");
    expect(code).toBe(1);
  });
});
