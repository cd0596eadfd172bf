import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import git from "../examples/git/hydrograph.config.ts";
import { ageOf, defineFeatures, defineProject, type EventDefinition, type Metric } from "../model/index.ts";
import { addEvents, build, testBench, type TestBench } from "../queries/features/training.test-support.ts";
import type { OracleEvent } from "./oracles/event.ts";
import { ROOT } from "./support/user-project.ts";

/** The large files lie beside the repository where they are at hand; every clone has the fixture. One of them is enough for a quick look. */
const SHARED = ["git-hono", "git-nats.js", "git-emmett"]
  .map((name) => `../shared/data/${name}.ndjson.gz`)
  .filter((file) => existsSync(join(ROOT, file)));
const FILES = ["tests/fixtures/git-small.ndjson", ...(inject("thorough") ? SHARED : SHARED.slice(0, 1))];

const DAY = 86_400_000_000;

const metric = (name: string): Metric => git.metrics.find((each) => each.name === name) as Metric;
const commit = git.events.find(({ type }) => type === "git.commit") as EventDefinition;
const author = defineFeatures({
  name: "author",
  entity: "subject",
  features: {
    commits_7d: { metric: metric("commits"), window: "7d" },
    commits_30d: { metric: metric("commits"), window: "30d" },
    added_7d: { metric: metric("lines_added"), window: "7d" },
    added_30d: { metric: metric("lines_added"), window: "30d" },
    deleted_7d: { metric: metric("lines_deleted"), window: "7d" },
    deleted_30d: { metric: metric("lines_deleted"), window: "30d" },
    seconds_since: ageOf(commit),
  },
});
const project = defineProject({ ...git, features: [author] });

/** An event as it was published. */
interface Published {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recordedtime: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function eventsOf(file: string): Promise<OracleEvent[]> {
  const bytes = await readFile(join(ROOT, file));
  const lines = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trimEnd().split("\n");
  return lines.map((line, index) => {
    const { data, id, recordedtime, source, subject, time, type } = JSON.parse(line) as Published;
    const place = { stream: "GIT", epoch: 1, seq: index + 1, idx: 0 };
    return { ...place, id, type, source, subject, time: Date.parse(time) * 1_000, known_at: Date.parse(recordedtime) * 1_000, data };
  });
}

/** What was known of an author when a commit was made, by a loop over the author's commits. */
function known(commits: readonly OracleEvent[], { known_at: at }: OracleEvent): Record<string, number | null> {
  const before = commits.filter(({ known_at, time }) => time < at && known_at <= at);
  const within = (days: number): readonly OracleEvent[] => before.filter(({ time }) => time >= at - days * DAY);
  const lines = (days: number, field: string): number | null => {
    const counts = within(days).map(({ data }) => Number((data as Record<string, unknown>)[field]));
    return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
  };
  return {
    commits_7d: within(7).length,
    commits_30d: within(30).length,
    added_7d: lines(7, "insertions"),
    added_30d: lines(30, "insertions"),
    deleted_7d: lines(7, "deletions"),
    deleted_30d: lines(30, "deletions"),
    seconds_since: before.length === 0 ? null : (at - Math.max(...before.map(({ time }) => time))) / 1_000_000,
  };
}

describe.each(FILES)("authors of %s", (file) => {
  let bench: TestBench;
  beforeEach(async () => {
    bench = await testBench(inject("clickhouseUrl"));
  });
  afterEach(() => bench.close());

  it("are known at each commit as a plain script says, every row", async () => {
    const events = await eventsOf(file);
    await addEvents(bench.clickhouse, events);
    const commits = events.filter(({ type }) => type === "git.commit");
    const spine = { sql: "SELECT subject AS entity, known_at AS time, id FROM events WHERE type = 'git.commit'" };
    const rows = await build(bench, { spine, features: author }, project);
    const byAuthor = new Map<string, OracleEvent[]>();
    for (const event of commits) byAuthor.set(event.subject, [...(byAuthor.get(event.subject) ?? []), event]);
    const wanted = new Map(commits.map((event) => [event.id, known(byAuthor.get(event.subject) ?? [], event)]));
    expect(rows).toHaveLength(commits.length);
    const values = rows.map(({ entity: _entity, id, time: _time, ...features }) => [id, features]);
    expect(values).toEqual(rows.map(({ id }) => [id, wanted.get(String(id))]));
    // A file of commits that were all alone would show nothing.
    expect(rows.filter(({ commits_7d }) => Number(commits_7d) > 1).length).toBeGreaterThan(5);
    expect(commits.filter(({ known_at, time }) => known_at > time).length).toBeGreaterThan(5);
  });
});
