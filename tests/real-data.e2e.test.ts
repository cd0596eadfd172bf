import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { VerifyReport } from "../ingest/index.ts";
import type { TrendAnswer } from "../queries/index.ts";
import { ROOT, userProject, type UserProject } from "./support/user-project.ts";

/** A file of real events, and what is true of it. Commits by year are by event time, in UTC. */
interface History {
  readonly file: string;
  readonly events: number;
  readonly commits: number;
  readonly byYear?: Readonly<Record<string, number>>;
}

const SHARED: readonly History[] = [
  {
    file: "../shared/data/git-hono.ndjson.gz",
    events: 12_849,
    commits: 2_790,
    byYear: { 2021: 63, 2022: 672, 2023: 633, 2024: 816, 2025: 304, 2026: 302 },
  },
  { file: "../shared/data/git-nats.js.ndjson.gz", events: 14_821, commits: 1_354 },
  { file: "../shared/data/git-emmett.ndjson.gz", events: 10_472, commits: 1_234 },
];
const FIXTURE: History = {
  file: "tests/fixtures/git-small.ndjson",
  events: 553,
  commits: 200,
  byYear: { 2020: 38, 2021: 47, 2022: 43, 2023: 33, 2024: 39 },
};
/** The large files lie beside the repository where they are at hand; every clone has the fixture. One of them is enough for a quick look. */
const atHand = SHARED.filter(({ file }) => existsSync(join(ROOT, file)));
const histories = [FIXTURE, ...(inject("thorough") ? atHand : atHand.slice(0, 1))];

/** Commits by year, without the years that have none. */
function years({ rows }: TrendAnswer): Record<string, number> {
  const counts = rows.map(({ start, values }) => [String(start).slice(0, 4), Number(values["value"])] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

describe.each(histories)("$file", ({ file, events, commits, byYear }) => {
  let project: UserProject;
  const path = join(ROOT, file);

  beforeAll(async () => {
    project = await userProject("git", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    await project.json(["migrate"]);
  });
  afterAll(() => project.remove());

  it("is published whole", async () => {
    expect(await project.json(["publish", path])).toMatchObject({ published: events, duplicates: 0, failed: 0, broken: 0 });
  });

  it("is ingested whole", async () => {
    expect(await project.json(["ingest", "--until-caught-up"])).toMatchObject({ received: events, rows: events, deadLetters: 0 });
  });

  it("adds nothing when it is published again", async () => {
    expect(await project.json(["publish", path])).toMatchObject({ published: 0, duplicates: events, failed: 0 });
    expect(await project.json(["ingest", "--until-caught-up"])).toMatchObject({ received: 0, rows: 0 });
  });

  it("is verified", async () => {
    const report = await project.json<VerifyReport>(["verify"]);
    expect(report).toMatchObject({ ok: true, received: events, inserted: events, deadLettered: 0, missing: 0, doubled: 0, changed: 0 });
  });

  it("is counted the same by rollup and raw events", async () => {
    const range = ["--from", "1995", "--to", "2030", "--grain", "year", "--zone", "UTC"];
    const rollup = await project.json<TrendAnswer>(["trend", "commits", ...range]);
    const raw = await project.json<TrendAnswer>(["trend", "commits", ...range, "--raw"]);
    expect([rollup.sources[0]?.kind, raw.sources[0]?.kind]).toEqual(["rollup", "raw"]);
    expect(rollup.rows).toEqual(raw.rows);
    expect(Object.values(years(rollup)).reduce((total, count) => total + count, 0)).toBe(commits);
    if (byYear) expect(years(rollup)).toEqual(byYear);
  });

  it("waits for nobody", async () => {
    expect(await project.json(["lag"])).toMatchObject([{ stream: project.stream, lastSeq: events, committed: events, lagMessages: 0 }]);
  });
});
