import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { RevisionAnswer } from "../queries/index.ts";
import { codeBlocks } from "./support/markdown.ts";
import { projectWith, ROOT, uniqueName, type UserProject } from "./support/user-project.ts";

const commands = codeBlocks(await readFile(join(ROOT, "docs/rebuild.md"), "utf8"))
  .filter(({ tag }) => tag === "run")
  .flatMap(({ text }) => text.trim().split("\n"))
  .map((line) => line.replace(/ *#.*$/, "").replace(/^npx hydrograph /, ""));

interface Answer {
  readonly rows: readonly { readonly values: { readonly value: number } }[];
  readonly sources: readonly { readonly kind: string; readonly why: string }[];
}

/** Events `from` to `to` (not included), one a minute of a day in the past, worth their number. */
function events(from: number, to: number): string {
  const lines = Array.from({ length: to - from }, (_, offset) => {
    const n = from + offset;
    const time = new Date(Date.parse("2026-01-20T00:00:00Z") + n * 60_000).toISOString();
    return `${JSON.stringify({ specversion: "1.0", id: `e${n}`, source: "test", type: "counted", subject: `s${n % 20}`, time, data: { n, odd: n % 2 === 1 } })}\n`;
  });
  return lines.join("");
}

/** A metric with these dimensions and two rollups, as a config has it. */
const orders = (dimensions: string): string =>
  `defineMetric({ name: "orders", event: counted, measure: sum("n"), dimensions: [${dimensions}], coarser: ["1 hour"] })`;
const values = ({ rows }: Answer): number[] => rows.map((row) => row.values.value);

describe("hydrograph rebuild", () => {
  const name = uniqueName("rebuild");
  let project: UserProject;

  const config = (metrics: string): string => `import { count, defineEvent, defineMetric, defineProject, sum } from "hydrograph";
    import { z } from "zod";
    const counted = defineEvent({ type: "counted", data: z.object({ n: z.int(), odd: z.boolean() }) });
    void [count, sum, defineMetric];
    export default defineProject({
      name: "${name}", lateness: "1h",
      streams: [{ name: "${name.toUpperCase()}", subjects: ["${name}.>"], partitions: 2 }],
      events: [counted],
      metrics: [${metrics}],
    });`;
  const deploy = (metrics: string): Promise<void> => writeFile(join(project.folder, "hydrograph.config.ts"), config(metrics));
  const ask = (...flags: string[]): Promise<Answer> =>
    project.json(["trend", "orders", "--from", "2026-01-20", "--to", "2026-01-22", "--grain", "hour", ...flags]);

  /** Which of the metric's rollups are whole, the finest first. */
  async function wholeness(): Promise<boolean[]> {
    const { rollups } = await project.json<{ rollups: { complete: boolean }[] }>(["rebuild", "orders", "--dry-run"]);
    return rollups.map(({ complete }) => complete);
  }

  /** A trend by the hour and by the minute is what the raw events say, and the one by the hour is read from the rollup of this grain. */
  async function expectOfRollups(grain: string): Promise<void> {
    for (const more of [[], ["--grain", "minute"]]) {
      const answer = await ask(...more);
      expect([answer.sources[0]?.kind, values(answer)]).toEqual(["rollup", values(await ask("--raw", ...more))]);
    }
    expect((await ask()).sources[0]?.why).toContain(`The rollup of ${grain} is complete`);
  }

  async function add(from: number, to: number): Promise<void> {
    const file = `${from}.ndjson`;
    await writeFile(join(project.folder, file), events(from, to));
    await project.json(["publish", file]);
    await project.json(["ingest", "--until-caught-up"]);
  }

  beforeAll(async () => {
    project = await projectWith(name, config(""), { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    await project.json(["migrate"]);
    await add(0, 600);
    await deploy(orders(`"odd"`));
  });
  afterAll(() => project.remove());

  it("is told of by migrate, killed in the middle, kept from a switch, and goes on", async () => {
    const { notes } = await project.json<{ notes: string[] }>(["migrate"]);
    expect(notes.join()).toContain(`"hydrograph rebuild orders" has filled it`);
    const slow = project.start(["rebuild", "orders", "--rate", "50"]);
    await slow.said(/the fence stands/);
    slow.child.kill("SIGKILL");
    await slow.finished;
    const before = await ask();
    expect([before.sources[0]?.kind, before.sources[0]?.why]).toEqual([
      "raw",
      expect.stringContaining(`"hydrograph rebuild orders" fills it.`),
    ]);
    await project.json(["replay", "--into", `${name}_next`]);
    const refused = await project.run(["replay", "--switch", "--into", `${name}_next`]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`A rebuild of orders in "${name}" is under way or paused`)]);
    await add(600, 700);
    const between = project.start(["rebuild", "orders", "--rate", "200"]);
    await between.said(/Trends read rollup_orders_/);
    between.child.kill("SIGTERM");
    const { code, stdout } = await between.finished;
    expect([code, stdout]).toEqual([130, expect.stringMatching(/aused.*the same command goes on/)]);
    expect(await wholeness()).toEqual([true, false]);
    await expectOfRollups("1 minute");
    expect((await project.run(["rebuild", "orders"])).code).toBe(0);
    expect(await wholeness()).toEqual([true, true]);
    await expectOfRollups("1 hour");
    const after = await ask();
    expect([after.sources[0]?.kind, values(after)]).toEqual(["rollup", values(await ask("--raw"))]);
    expect(values(after).reduce((total, value) => total + value, 0)).toBe((700 * 699) / 2);
  });

  it("switches with a replay afterwards", async () => {
    expect((await project.run(["replay", "--switch", "--into", `${name}_next`])).code).toBe(0);
    const answer = await ask();
    expect([answer.sources[0]?.kind, values(answer)]).toEqual(["rollup", values(await ask("--raw"))]);
  });

  it("builds a changed definition beside the former one, which is read again when it comes back, and forgotten when told to", async () => {
    await deploy(orders(`"odd", "source"`));
    for (const command of commands) {
      const { code, stderr } = await project.run(command.split(" "));
      expect([command, code, stderr]).toEqual([command, 0, expect.any(String)]);
    }
    expect((await ask("--by", "source")).sources[0]?.kind).toBe("rollup");
    await deploy(orders(`"odd"`));
    expect((await ask()).sources[0]?.kind).toBe("rollup");
    await deploy(orders(`"odd", "source"`));
    expect((await project.run(["rebuild", "orders", "--rollback"])).stdout).toContain("read the raw events again");
    expect((await project.run(["rebuild", "orders", "--forget"])).code).toBe(1);
    expect((await project.run(["rebuild", "orders"])).code).toBe(0);
    expect((await project.run(["rebuild", "orders", "--forget"])).stdout).toMatch(/^Dropped rollup_orders_\w{8}, rollup_orders_\w{8}\.\n$/);
    const answer = await ask();
    expect([answer.sources[0]?.kind, values(answer)]).toEqual(["rollup", values(await ask("--raw"))]);
  });

  it("says what late events changed", async () => {
    const asked = ["revisions", "orders", "--from", "2026-01-20", "--to", "2026-01-21", "--grain", "day"];
    const { rows } = await project.json<RevisionAnswer>(asked);
    expect(rows).toMatchObject([{ before: { value: 0 }, now: { value: (700 * 699) / 2 }, events: 700 }]);
    const { code, stdout } = await project.run(asked);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/2026-01-20 00:00 +0 +244,?650 +700 /)]);
  });
});
