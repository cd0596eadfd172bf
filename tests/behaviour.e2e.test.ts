import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { codeBlocks } from "./support/markdown.ts";
import { projectWith, ROOT, uniqueName, type UserProject } from "./support/user-project.ts";

const PAGE = join(ROOT, "docs/behaviour.md");
const blocks = codeBlocks(await readFile(PAGE, "utf8"));
const fileOf = (name: string): string => blocks.find(({ tag }) => tag === `file=${name}`)?.text ?? "";
/** Each command of the page, and the answer that stands below it. */
const examples = blocks.flatMap(({ tag, text }, index) =>
  tag === "run" ? [{ command: text.trim(), printed: blocks[index + 1]?.text ?? "" }] : [],
);

/** The words of a command line, quotes taken off. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

describe("docs/behaviour.md", () => {
  let project: UserProject;

  beforeAll(async () => {
    const name = uniqueName("shop");
    const config = fileOf("hydrograph.config.ts")
      .replace('name: "shop"', `name: "${name}"`)
      .replace(/streams: \[.*\]/, `streams: [{ name: "${name.toUpperCase()}", subjects: ["${name}.>"] }]`);
    project = await projectWith(name, config, { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    await writeFile(join(project.folder, "shop.ndjson"), fileOf("shop.ndjson"));
    await project.json(["migrate"]);
    await project.json(["publish", "shop.ndjson"]);
    expect(await project.json(["ingest", "--until-caught-up"])).toMatchObject({ received: 10, rows: 10, deadLetters: 0 });
  });
  afterAll(() => project.remove());

  it("has an example of each question", () => {
    expect(new Set(examples.map(({ command }) => wordsOf(command)[2]))).toEqual(
      new Set(["funnel", "retention", "lifecycle", "sessions", "paths"]),
    );
  });

  it("prints what the page says", async () => {
    const printed = await Promise.all(
      examples.map(async ({ command }) => {
        const { code, stderr, stdout } = await project.run(wordsOf(command).slice(2));
        expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
        return stdout.replaceAll(project.stream, "SHOP");
      }),
    );
    // `UPDATE_DOCS=1` writes them into the page, to be read before they are believed.
    if (process.env["UPDATE_DOCS"] !== undefined) {
      let page = await readFile(PAGE, "utf8");
      for (const [index, { command }] of examples.entries()) {
        page = page.replace(/(```sh run\n([^`]*)```\n\n```text\n)[^`]*(```)/g, (whole, head: string, run: string, end: string) =>
          run.trim() === command ? `${head}${printed[index]}${end}` : whole,
        );
      }
      await writeFile(PAGE, page);
    } else expect(printed).toEqual(examples.map((example) => example.printed));
  });

  it("comes as a file in each format", async () => {
    const question = ["lifecycle", "--from", "2025-11-02", "--to", "2025-11-04", "--period", "day", "--format"];
    const answers = await Promise.all(["csv", "arrow", "parquet"].map((format) => project.run([...question, format])));
    const [csv, arrow, parquet] = answers.map(({ stdout }) => stdout);
    expect(csv).toBe(
      "start,end,state,new,returning,resurrecting,dormant\n2025-11-02T00:00:00.000Z,2025-11-03T00:00:00.000Z,final,2,0,0,0\n2025-11-03T00:00:00.000Z,2025-11-04T00:00:00.000Z,final,2,1,0,1\n",
    );
    expect([arrow?.slice(0, 6), parquet?.slice(0, 4), parquet?.slice(-4)]).toEqual(["ARROW1", "PAR1", "PAR1"]);
  });
});
