import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { codeBlocks } from "./support/markdown.ts";
import { examplesOf, pageProject, wordsOf } from "./support/page-project.ts";
import { ROOT, type UserProject } from "./support/user-project.ts";

const PAGE = join(ROOT, "docs/behaviour.md");
const blocks = codeBlocks(await readFile(PAGE, "utf8"));
const examples = examplesOf(blocks);

describe("docs/behaviour.md", () => {
  let project: UserProject;

  beforeAll(async () => {
    project = await pageProject(blocks, "shop", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
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
