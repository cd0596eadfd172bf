import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runHere, type Outcome } from "./run-here.test-support.ts";

const CONFIG = fileURLToPath(new URL("../examples/shop/hydrograph.config.ts", import.meta.url));
/** Ends a text of SQL and an identifier of it, and begins a statement. */
const HOSTILE = "x'`\"); DROP TABLE events; --";

describe("a question that cannot be answered as put", () => {
  let server: Server;
  /** Every statement that reached the server, but pings, and the address that it came to, which holds its values. */
  let statements: { sql: string; address: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      void text(request).then((body) => {
        if (!body.startsWith("SELECT 1 "))
          statements.push({ sql: body, address: decodeURIComponent((request.url ?? "").replaceAll("+", " ")) });
        response.end();
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });
  beforeEach(() => {
    statements = [];
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const run = (args: readonly string[]): Promise<Outcome> => {
    const { port } = server.address() as AddressInfo;
    return runHere([...args, "--config", CONFIG, "--clickhouse", `http://127.0.0.1:${port}`]);
  };

  it.each<readonly [line: readonly string[], sentence: RegExp]>([
    [["rebuild", "ordres"], /no metric "ordres": did you mean "orders"\?/],
    [["rebuild"], /Name the metrics to rebuild/],
    [["rebuild", "orders", "--rollback", "--forget"], /exclude each other/],
    [["rebuild", HOSTILE], /There is no metric/],
    [["revisions", "ordres"], /no metric "ordres": did you mean "orders"\?/],
    [["revisions", "conversion"], /"conversion" is made of other metrics/],
    [["revisions", "orders", "--by", "contry"], /did you mean "country"\?/],
    [["revisions", "orders", "--where", "amount=much"], /"amount" must be a number, not "much"/],
    [["revisions", "orders", "--where", `${HOSTILE}>1`], /no field/],
    [["revisions", "orders", "--from", "2026-11-02", "--to", "2026-11-01"], /--to must lie after --from/],
    [["revisions", "orders", "--last", "9999d", "--grain", "1 second"], /50,000 are the most/],
    [["revisions", "orders", "--zone", "Mars/Olympus"], /"Mars\/Olympus" is no time zone/],
    [["revisions", "orders", "--against", "soon"], /--against: "soon" is no moment/],
    [["revisions", "orders", "--limit", "1000000"], /--limit must be a whole number from 1 to 100,000/],
    [["candles", "order.placd", "--price", "amount"], /no event "order\.placd": did you mean "order\.placed"\?/],
    [["candles", "order.placed", "--price", "amuont"], /did you mean "amount"\?/],
    [["candles", "order.placed", "--price", "country"], /"country" of "order\.placed" is no number/],
    [["candles", "order.placed", "--price", HOSTILE], /no field/],
    [["candles", "order.placed", "--price", "amount", "--by", HOSTILE], /no field/],
    [["candles", "order.placed", "--price", "amount", "--grain", "fortnight"], /fortnight/],
    [["candles", "order.placed", "--price", "amount", "--last", "9999d", "--grain", "1 second"], /over 20,000 candles/],
    [["candles", "order.placed", "--price", "amount", "--from", "2026-11-02", "--to", "2026-11-01"], /--to must lie after --from/],
    [["join", "order.placed", "page.veiwed"], /did you mean "page\.viewed"\?/],
    [["join", "order.placed", "order.placed"], /name two/],
    [["join", "order.placed", "page.viewed", "--field", HOSTILE], /no field/],
    [["join", "order.placed", "page.viewed", "--from", "2026-11-02", "--to", "2026-11-01"], /--to must lie after --from/],
    [["run", "chekout"], /no query "chekout": did you mean "checkout"\?/],
    [["run", HOSTILE], /There is no query/],
    [["run", "checkout", "--last", "soon"], /--last: "soon" is no length of time/],
    [["run", "checkout", "--zone", "Mars/Olympus"], /no time zone "Mars\/Olympus"/],
    [["run", "checkout", "--as-of", "nowhere.json"], /--as-of: there is no file "nowhere\.json"/],
    [["run", "checkout", "--as-of", HOSTILE], /--as-of: there is no file/],
    [["watermark", "save", HOSTILE], /cannot name a watermark: write letters, digits/],
    [["watermark", "save", "2026"], /cannot name a watermark/],
    [["watermark", "save", "yesterday"], /is read as a time: choose another name/],
    [["watermark", "save", "a".repeat(101)], /100 at most/],
    [["watermark", "save", "monday", "--as-of", "nowhere.json"], /there is no file "nowhere\.json"/],
    [["watermark", "save", "monday", "--as-of", "SHPO=1,"], /there is no file/],
    [["watermark", "save", "monday", "--zone", "Mars/Olympus"], /no time zone "Mars\/Olympus"/],
    [["run", "checkout", "--to", "2026-11-01"], /--to: "checkout" has no fixed beginning/],
    [["run", "checkout", "--from", "2026-11-02", "--to", "2026-11-01"], /--to must lie after --from/],
    [["run", "odd_hours", "--last", "9999d"], /the most/],
    [["run", "--format", "csv"], /list of queries comes as text or json/],
    [["serve", "--host", "0.0.0.0"], /set HYDROGRAPH_TOKEN/],
    [["trend", "ordres", "--explain"], /did you mean "orders"\?/],
    [["trend", "orders", "--explain", "--by", "contry"], /did you mean "country"\?/],
    [["trend", "orders", "--explain", "--format", "csv"], /--explain tells in text or json/],
    [["trend", "orders", "--explain", "--last", "9999d", "--grain", "1 second"], /50,000 are the most/],
    [["trend", "orders", "--explain", "--from", "2026-11-02", "--to", "2026-11-01"], /--to must lie after --from/],
    [["trend", "orders", "--explain", "--by", HOSTILE], /no dimension/],
    [["anomalies", "ordres"], /did you mean "orders"\?/],
    [["anomalies", "orders", "--by", "contry"], /did you mean "country"\?/],
    [["anomalies", "orders", "--grain", "week", "--season", "day"], /no season of a day/],
    [["anomalies", "orders", "--grain", HOSTILE], /grain/],
    [["changes", "orders", "--where", "amount>much"], /must be a number/],
    [["changes", "orders", "--last", "9999d", "--grain", "1 second"], /the most/],
    [["forecast", "orders", "--level", "100"], /"level" is 1: write a number from 0\.5 to 0\.99/],
    [["forecast", "orders", "--horizon", "2000"], /"horizon" is 2000/],
    [["seasonality", "ordres"], /did you mean "orders"\?/],
    [["seasonality", "orders", "--by", HOSTILE], /no dimension/],
    [["seasonality", "orders", "--grain", HOSTILE], /grain/],
    [["seasonality", "orders", "--false-alarms", "0.5"], /"falseAlarms" is 0\.5: write a number from 0\.0001 to 0\.2/],
    [["movers", "orders", "--by", "contry"], /did you mean "country"\?/],
    [["movers", "conversion", "--by", "country"], /worked out from other metrics/],
    [["movers", "orders", "--by", "country", "--before-from", "2026-11-01"], /both --before-from and --before-to/],
    [["funnel", "page.viewed", "order.placed", "--where", "contry=DE"], /no field "contry": did you mean "country"\?/],
    [["funnel", "page.viewed", "order.placed", "--where", "amount>1"], /"page\.viewed" has no field "amount"/],
    [["sessions", "order.placed", "--where", "amount=much"], /"amount" must be a number/],
    [["lifecycle", "order.placed", "--entity", HOSTILE], /no field/],
    [["paths", "--start-at", HOSTILE], /none of the events/],
  ])("%j is answered with a sentence, and nothing is run", async (line, sentence) => {
    const outcome = await run(line);
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
    expect({ ...outcome, stderr: "" }).toEqual({ code: 2, stdout: "", stderr: "" });
    expect(statements).toEqual([]);
  });

  it.each([
    [["trend", "orders", "--where", `country=${HOSTILE}`]],
    [["revisions", "orders", "--where", `country!=${HOSTILE}`]],
    [["funnel", "page.viewed", "order.placed", "--where", `country=${HOSTILE}`]],
    [["sessions", "order.placed", "--where", `device=${HOSTILE}`]],
    [["movers", "orders", "--by", "country", "--where", `device=${HOSTILE}`]],
    [["candles", "order.placed", "--price", "amount", "--only", HOSTILE]],
    [["join", "order.placed", "page.viewed", "--only", HOSTILE]],
  ])("%j binds the value: no statement holds it", async (line) => {
    await run(line);
    // Bound values are in the address, some of them escaped.
    expect(statements.filter(({ address }) => address.includes("DROP TABLE events"))).not.toEqual([]);
    expect(statements.filter(({ sql }) => sql.includes("DROP TABLE"))).toEqual([]);
  });
});
