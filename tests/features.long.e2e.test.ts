import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startNode } from "./support/cli.ts";
import { codeBlocks } from "./support/markdown.ts";
import { examplesOf, pageProject, wordsOf } from "./support/page-project.ts";
import { ROOT, type UserProject } from "./support/user-project.ts";

const PAGE = join(ROOT, "docs/features.md");
const blocks = codeBlocks(await readFile(PAGE, "utf8"));
const examples = examplesOf(blocks);

describe("docs/features.md", () => {
  let project: UserProject;

  beforeAll(async () => {
    project = await pageProject(blocks, "shop", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    await symlink(join(ROOT, "node_modules/apache-arrow"), join(project.folder, "node_modules/apache-arrow"));
  });
  afterAll(() => project.remove());

  const answer = async ([program, ...words]: readonly string[]): Promise<string> => {
    if (program === "node") {
      await project.json(["features", "build", "--spine", "labels.csv", "--features", "buyer", "--out", "train.arrow"]);
      const env = { CLICKHOUSE_URL: `${inject("clickhouseUrl")}/?database=${project.name}` };
      const { stderr, stdout } = await startNode(words, { cwd: project.folder, env }).finished;
      expect(stderr).toBe("");
      return stdout;
    }
    if (program === "cat") return readFile(join(project.folder, words[0] ?? ""), "utf8");
    const { code, stderr, stdout } = await project.run(words.slice(1));
    // A machine that is busy with others takes longer than the ten seconds after which a work tells how far it is.
    const problems = stderr.replace(/^(Working labels out again|Asking again) .*\n/gm, "");
    expect({ words, code, problems }).toEqual({ words, code: 0, problems: "" });
    return stdout.replaceAll(project.stream, "SHOP");
  };

  it("prints what the page says", async () => {
    const printed: string[] = [];
    for (const { command } of examples) printed.push(await answer(wordsOf(command)));
    // `UPDATE_DOCS=1` writes them into the page, to be read before they are believed.
    if (process.env["UPDATE_DOCS"] !== undefined) {
      let place = 0;
      const page = await readFile(PAGE, "utf8");
      await writeFile(
        PAGE,
        page.replace(
          /(```sh run\n[^`]*```\n\n```text\n)[^`]*(```)/g,
          (_all, head: string, end: string) => `${head}${printed[place++]}${end}`,
        ),
      );
    } else expect(printed).toEqual(examples.map((example) => example.printed));
  });

  it("lists the features for programs, and refuses a set that there is not", async () => {
    const [set] = await project.json<{ name: string; entity: unknown; features: { name: string }[] }[]>(["features", "list"]);
    expect([set?.name, set?.entity, set?.features.length]).toEqual(["buyer", [{ name: "entity", field: "subject" }], 12]);
    expect(set?.features[0]).toEqual({
      name: "orders_1d",
      type: "integer",
      unit: "orders",
      missing: null,
      definition: "count of order.placed in [T - 1d, T)",
      description: null,
    });
    const { code, stderr } = await project.run(["features", "list", "byer"]);
    expect([code, stderr]).toEqual([2, `hydrograph: Project "${project.name}" has no feature set "byer": did you mean "buyer"?\n`]);
  });

  it("tells scripts what has drifted, keeps it for dashboards, and refuses two kinds of rows", async () => {
    const rows = Array.from({ length: 100 }, (_, n) => `ann,2025-11-05T10:00:${String(n % 60).padStart(2, "0")}Z`).join("\n");
    await writeFile(join(project.folder, "many.csv"), `entity,time\n${rows}\n`);
    await writeFile(join(project.folder, "other.csv"), `entity,time\n${rows.replaceAll("ann", "eve")}\n`);
    await answer("npx hydrograph features build --spine many.csv --features buyer --out many.parquet".split(" "));
    const drift = ["features", "drift", "many.parquet.manifest.json", "--format", "csv", "--fail-above", "0.25", "--spine"];
    const same = await project.run([...drift, "many.csv"]);
    expect([same.code, same.stdout.split("\n")[1]]).toEqual([
      0,
      "orders_1d,0,0,stable,0,0,1.98,1.98,100,100,2025-11-05T10:00:00.000000Z,2025-11-05T10:00:59.000001Z",
    ]);
    const other = await project.run([...drift, "other.csv", "--keep"]);
    expect([other.code, other.stdout.split("\n")[1]?.split(",")[3]]).toEqual([3, "drifted"]);
    const kept = await project.json<unknown>(["query", "SELECT count() AS n FROM feature_drift WHERE verdict = 'drifted' HAVING n > 3"]);
    expect(kept).toMatchObject({ n: expect.stringMatching(/^\d+$/) });
    const { code, stderr } = await project.run([...drift, "many.csv", "--last", "7d"]);
    expect([code, stderr]).toEqual([
      2,
      "hydrograph: Give --spine or a range of time, not both: the rows of a file are taken as they are.\n",
    ]);
  });
});
