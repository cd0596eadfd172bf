import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { codeBlocks } from "./support/markdown.ts";
import { examplesOf, pageProject, wordsOf, type PageExample } from "./support/page-project.ts";
import { ROOT, type UserProject } from "./support/user-project.ts";

describe.each([
  { page: "docs/signals.md", name: "shop", commands: ["anomalies", "changes", "forecast", "movers", "seasonality"] },
  { page: "docs/market.md", name: "market", commands: ["candles", "join"] },
])("$page", ({ commands, name, page }) => {
  const path = join(ROOT, page);
  let project: UserProject;
  let examples: PageExample[];

  beforeAll(async () => {
    const blocks = codeBlocks(await readFile(path, "utf8"));
    examples = examplesOf(blocks);
    project = await pageProject(blocks, name, { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
  });
  afterAll(() => project.remove());

  it("has an example of each command", () => {
    expect(new Set(examples.map(({ command }) => wordsOf(command)[2]))).toEqual(new Set(commands));
  });

  it("prints what the page says", async () => {
    const printed: string[] = [];
    for (const { command } of examples) {
      const { code, stderr, stdout } = await project.run(wordsOf(command).slice(2));
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
      printed.push(stdout.replaceAll(project.stream, name.toUpperCase()).replaceAll(/ +$/gm, ""));
    }
    // `UPDATE_DOCS=1` writes them into the page, to be read before they are believed.
    if (process.env["UPDATE_DOCS"] === undefined) expect(printed).toEqual(examples.map((example) => example.printed));
    else {
      let text = await readFile(path, "utf8");
      for (const [index, { command }] of examples.entries()) {
        text = text.replace(/(```sh run\n([^`]*)```\n\n```text\n)[^`]*(```)/g, (whole, head: string, run: string, end: string) =>
          run.trim() === command ? `${head}${printed[index]}${end}` : whole,
        );
      }
      await writeFile(path, text);
    }
  });

  it("writes files", async () => {
    const words = wordsOf(examples[0]?.command ?? "").slice(2);
    const [csv, parquet] = await Promise.all(["csv", "parquet"].map((format) => project.run([...words, "--format", format])));
    expect([csv?.code, parquet?.code]).toEqual([0, 0]);
    expect(csv?.stdout.split("\n")[0]).toMatch(/^start,end,state,partial,/);
    expect(parquet?.stdout.startsWith("PAR1")).toBe(true);
  });
});
