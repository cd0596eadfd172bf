import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrendAnswer } from "../queries/index.ts";
import type { Running } from "./support/cli.ts";
import { codeBlocks } from "./support/markdown.ts";
import { ROOT, userProject, type UserProject } from "./support/user-project.ts";

const blocks = codeBlocks(await readFile(join(ROOT, "docs/guide.md"), "utf8"));
const files = blocks.filter(({ tag }) => tag.startsWith("file="));
const commands = blocks.filter(({ tag }) => tag === "run").flatMap(({ text }) => text.trim().split("\n"));

describe("docs/guide.md", () => {
  let project: UserProject;
  let up: Running;

  beforeAll(async () => {
    project = await userProject("git");
    await rm(join(project.folder, "hydrograph.config.ts"));
    for (const { tag, text } of files) await writeFile(join(project.folder, tag.slice("file=".length)), text);
    up = project.start(["up"]);
    await up.said(/"state":"running"/);
  });
  afterAll(async () => {
    up.child.kill("SIGINT");
    await up.finished;
    await project.remove();
  });

  /** Runs a line of the page in a shell, with `npx hydrograph` being the command under test. */
  async function shell(line: string): Promise<{ code: number; output: string }> {
    const script = `npx() { shift; node "${ROOT}dist/cli/main.js" "$@"; }\n${line}`;
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
      cwd: project.folder,
      env: { ...process.env, HYDROGRAPH_METRICS_PORT: "0" },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  }

  async function values(file: string): Promise<unknown[]> {
    const answer = JSON.parse(await readFile(join(project.folder, file), "utf8")) as TrendAnswer;
    return answer.rows.map((row) => row.values["value"]);
  }

  it.each(commands)("$ %s", async (line) => {
    const { code, output } = await shell(line);
    if (code !== 0) throw new Error(`It ended with ${code}:\n${output}`);
  });

  it("tells the truth about the late event", async () => {
    expect(await values("again.json")).toEqual(await values("before.json"));
    expect(await values("named.json")).toEqual(await values("before.json"));
    expect(await values("after.json")).not.toEqual(await values("before.json"));
  });
});
