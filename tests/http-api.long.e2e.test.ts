import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Running } from "./support/cli.ts";
import { codeBlocks } from "./support/markdown.ts";
import { examplesOf, pageProject } from "./support/page-project.ts";
import { ROOT, type UserProject } from "./support/user-project.ts";

const PAGE = join(ROOT, "docs/http-api.md");
const blocks = codeBlocks(await readFile(PAGE, "utf8"));
const behaviour = codeBlocks(await readFile(join(ROOT, "docs/behaviour.md"), "utf8"));
const examples = examplesOf(blocks);
const TOKEN = "a-token-of-the-test";
const FORMATS = [
  ["application/json", "json"],
  ["text/csv", "csv"],
] as const;
const JSON_TYPE = { "content-type": "application/json" };

/** The page's config with a metric: what the answers of trends are about. */
function withViews(config: string): string {
  return config
    .replace("import { defineEvent,", "import { count, defineEvent, defineMetric,")
    .replace(
      "export default",
      'const viewed = defineEvent({ type: "page.viewed", data: z.object({ device: z.enum(["phone", "desktop"]) }) });\nexport default',
    )
    .replace(/^ {4}defineEvent\(\{ type: "page.viewed".*$/m, "    viewed,")
    .replace(
      "  events: [",
      '  metrics: [defineMetric({ name: "views", event: viewed, measure: count(), dimensions: ["device"] })],\n  events: [',
    );
}

describe("hydrograph serve", () => {
  let project: UserProject;
  let server: Running;
  let url = "";

  beforeAll(async () => {
    project = await pageProject(behaviour, "shop", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") }, withViews);
    server = project.start(["serve", "--port", "0"]);
    await server.said(/Listening on /);
    url = /Listening on (\S+)/.exec(server.transcript())?.[1] ?? "";
  });
  afterAll(async () => {
    server.child.kill("SIGTERM");
    await server.finished;
    await project.remove();
  });

  const ask = (path: string, question: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}${path}`, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(question) });

  it("answers what the page says", async () => {
    let page = await readFile(PAGE, "utf8");
    const answers: string[] = [];
    for (const { command, printed } of examples) {
      const [, path = ""] = /localhost:8080(\S+)/.exec(command) ?? [];
      const [, body = ""] = /-d '([^']*)'/.exec(command) ?? [];
      const headers = [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name = "", value = ""]) => [name, value] as const);
      const answer = await (await ask(path, JSON.parse(body), Object.fromEntries(headers))).text();
      answers.push(answer);
      page = page.replace(`${command}\n\`\`\`\n\n\`\`\`text\n${printed}`, () => `${command}\n\`\`\`\n\n\`\`\`text\n${answer}`);
    }
    // `UPDATE_DOCS=1` writes them into the page, to be read before they are believed.
    if (process.env["UPDATE_DOCS"] !== undefined) await writeFile(PAGE, page);
    else expect(answers).toEqual(examples.map(({ printed }) => printed));
  });

  const read = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  const range = { from: "2025-11-02", to: "2025-11-06" };
  const flags = ["--from", range.from, "--to", range.to];

  it.each([
    [
      "trend",
      { ...range, metric: "views", grain: "day", groupBy: ["device"] },
      ["trend", "views", ...flags, "--grain", "day", "--by", "device"],
    ],
    [
      "funnel",
      { ...range, steps: ["page.viewed", "order.placed"], window: "1d" },
      ["funnel", "page.viewed", "order.placed", ...flags, "--window", "1d"],
    ],
    ["retention", { ...range, first: "page.viewed", period: "day" }, ["retention", "page.viewed", ...flags, "--period", "day"]],
    ["lifecycle", { ...range, period: "day" }, ["lifecycle", ...flags, "--period", "day"]],
    ["sessions", { ...range, gap: "30m" }, ["sessions", ...flags, "--gap", "30m"]],
    ["paths", { ...range, length: 2 }, ["paths", ...flags, "--length", "2"]],
  ])("gives the bytes that the command gives: %s", async (name, question, args) => {
    // A process each: JSON holds all of an answer, and CSV is the same columns for all of them.
    for (const [accept, format] of name === "trend" ? FORMATS : FORMATS.slice(0, 1)) {
      const response = await ask(`/v1/${name}`, question, { accept });
      const { code, stdout } = await project.run([...args, "--format", format]);
      expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: stdout });
      expect(code).toBe(0);
    }
    const arrow = await ask(`/v1/${name}`, question, { accept: "application/vnd.apache.arrow.file" });
    expect(
      Buffer.from(await arrow.arrayBuffer())
        .subarray(0, 6)
        .toString(),
    ).toBe("ARROW1");
  });

  it("says what is wrong in the words of the command", async () => {
    const { stderr } = await project.run(["trend", "view", ...flags, "--grain", "day"]);
    const response = await ask("/v1/trend", { ...range, metric: "view", grain: "day" });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const { detail } = (await response.json()) as { detail: string };
    expect(stderr).toBe(`hydrograph: ${detail}\n`);
  });

  it("tells the watermark, the lanes, the metrics, and what can be asked", async () => {
    expect(await read("/v1/watermark")).toEqual({ [project.stream]: { epoch: expect.any(Number), seq: 10 } });
    expect(await read("/v1/status")).toMatchObject([{ stream: project.stream, lagMessages: 0 }]);
    expect(await read("/v1/metrics")).toMatchObject([{ name: "views", dimensions: ["device"] }]);
    expect(await read("/openapi.json")).toMatchObject({ openapi: "3.1.0", paths: { "/v1/trend": { post: { operationId: "trend" } } } });
  });

  it("listens to others with a token only, and answers nobody without it", async () => {
    const refused = await project.run(["serve", "--host", "0.0.0.0", "--port", "0"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("HYDROGRAPH_TOKEN");
    const guarded = project.start(["serve", "--port", "0"], { env: { HYDROGRAPH_TOKEN: TOKEN } });
    await guarded.said(/Listening on /);
    const [, address = ""] = /Listening on (\S+)/.exec(guarded.transcript()) ?? [];
    const statusWith = async (headers: Record<string, string>) => (await fetch(`${address}/v1/watermark`, { headers })).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ authorization: `Bearer ${TOKEN}x` })).toBe(401);
    expect(await statusWith({ authorization: `Bearer ${TOKEN}` })).toBe(200);
    guarded.child.kill("SIGTERM");
    expect((await guarded.finished).code).toBe(0);
  });
});
