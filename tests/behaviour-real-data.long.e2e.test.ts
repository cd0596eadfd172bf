import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LifecycleAnswer, RetentionAnswer } from "../queries/index.ts";
import { ROOT, userProject, type UserProject } from "./support/user-project.ts";

/** The large file lies beside the repository where it is at hand; every clone has the other. */
const file =
  ["../shared/data/git-hono.ndjson.gz", "tests/fixtures/git-small.ndjson"].map((path) => join(ROOT, path)).find(existsSync) ?? "";
const range = ["--from", "2019-12", "--to", "2026-11", "--period", "month"];

/** A plain script: the months in which each author committed, on a zone's clocks, straight from the file. */
async function monthsOfAuthors(zone: string): Promise<Map<string, Set<string>>> {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit" });
  const authors = new Map<string, Set<string>>();
  const bytes = file.endsWith(".gz") ? createReadStream(file).pipe(createGunzip()) : createReadStream(file);
  for await (const line of createInterface({ input: bytes })) {
    const { subject, time, type } = JSON.parse(line) as { subject: string; time: string; type: string };
    if (type !== "git.commit") continue;
    authors.set(subject, (authors.get(subject) ?? new Set()).add(format.format(new Date(time)).slice(0, 7)));
  }
  return authors;
}

/** "2026-01" -> "2025-12" for -1. */
function monthsAway(month: string, away: number): string {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1 + away)).toISOString().slice(0, 7);
}

describe("the authors of a repository, by month", () => {
  let project: UserProject;

  beforeAll(async () => {
    project = await userProject("git", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
    await project.json(["migrate"]);
    await project.json(["publish", file]);
    await project.json(["ingest", "--until-caught-up"]);
  });
  afterAll(() => project.remove());

  it.each(["UTC", "Pacific/Auckland"])("are retained as a plain script counts, in %s", async (zone) => {
    const answer = await project.json<RetentionAnswer>(["retention", "git.commit", ...range, "--zone", zone]);
    const authors = [...(await monthsOfAuthors(zone)).values()];
    let everybody = 0;
    for (const [index, { returned, size }] of answer.cohorts.entries()) {
      const month = monthsAway("2019-12", index);
      const cohort = authors.filter((months) => [...months].toSorted()[0] === month);
      expect([month, size, returned]).toEqual([
        month,
        cohort.length,
        returned.map((_, later) => cohort.filter((months) => months.has(monthsAway(month, later))).length),
      ]);
      everybody += size;
    }
    expect([answer.cohorts.length, everybody]).toEqual([83, authors.length]);
  });

  it.each(["UTC", "Pacific/Auckland"])("live as a plain script counts, in %s", async (zone) => {
    const answer = await project.json<LifecycleAnswer>(["lifecycle", "git.commit", ...range, "--zone", zone]);
    const authors = [...(await monthsOfAuthors(zone)).values()];
    for (const [index, row] of answer.rows.entries()) {
      const month = monthsAway("2019-12", index);
      const before = monthsAway(month, -1);
      const counts = { new: 0, returning: 0, resurrecting: 0, dormant: 0 };
      for (const months of authors) {
        if (!months.has(month)) counts.dormant += months.has(before) ? 1 : 0;
        else if (months.has(before)) counts.returning += 1;
        else counts[[...months].some((other) => other < month) ? "resurrecting" : "new"] += 1;
      }
      const { dormant, new: fresh, resurrecting, returning } = row;
      expect({ month, dormant, new: fresh, resurrecting, returning }).toEqual({ month, ...counts });
    }
    expect(answer.rows.reduce((total, row) => total + row.new, 0)).toBe(authors.length);
  });
});
