import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { checkProject } from "../../model/index.ts";
import project from "./hydrograph.config.ts";
import { gitEvents, type GitCommit, type GitEvent, type GitFileChanged } from "./index.ts";
import { scriptedRepository, smallHistory, type ScriptedCommit } from "./scripted-repository.test-support.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function eventsOf(...history: ScriptedCommit[]): Promise<GitEvent[]> {
  const folder = scriptedRepository(history);
  folders.push(folder);
  return all(gitEvents(folder, { name: "test/repo" }));
}

function commit(changes: ScriptedCommit["changes"], rest: Partial<ScriptedCommit> = {}): ScriptedCommit {
  return { author: "a@example.org", authored: "1600000000 +0000", committed: "1600000000 +0000", message: "change", changes, ...rest };
}

function commits(events: readonly GitEvent[]): GitCommit[] {
  return events.flatMap((event) => (event.type === "git.commit" ? [event] : []));
}

function files(events: readonly GitEvent[]): GitFileChanged["data"][] {
  return events.flatMap((event) => (event.type === "git.file_changed" ? [event.data] : []));
}

describe("gitEvents", () => {
  it("tells a commit and each of its files", async () => {
    const events = await eventsOf(
      commit(
        [
          { path: "src/a.ts", write: "1\n2\n3\n" },
          { path: "README", write: "1\n" },
        ],
        {
          author: "A@Example.org",
          authored: "1600000000 +0545",
          committed: "1600003600 -0800",
          message: "Füll\n\nbody",
        },
      ),
    );
    const common = {
      specversion: "1.0",
      source: "git/test/repo",
      subject: events[0]!.subject,
      time: "2020-09-13T12:26:40Z",
      recordedtime: "2020-09-13T13:26:40Z",
    };
    const id = events[0]!.id;
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(common.subject).toMatch(/^author-[0-9a-f]{10}$/);
    expect(events).toEqual([
      {
        ...common,
        id,
        type: "git.commit",
        data: { repo: "test/repo", parents: 0, files: 2, insertions: 4, deletions: 0, utc_offset_minutes: 345, subject_bytes: 5 },
      },
      { ...common, id: `${id}-0`, type: "git.file_changed", data: { repo: "test/repo", dir: ".", ext: "", insertions: 1, deletions: 0 } },
      {
        ...common,
        id: `${id}-1`,
        type: "git.file_changed",
        data: { repo: "test/repo", dir: "src", ext: "ts", insertions: 3, deletions: 0 },
      },
    ]);
  });

  it("gives one author one pseudonym, however the address is written", async () => {
    const addresses = ["a@example.org", "A@EXAMPLE.org", "b@example.org"];
    const subjects = commits(await eventsOf(...addresses.map((author) => commit([], { author })))).map(({ subject }) => subject);
    expect(subjects[0]).toBe(subjects[1]);
    expect(subjects[2]).not.toBe(subjects[0]);
  });

  it("counts a merge and an empty commit without files, and a renamed file once, at its new path", async () => {
    const events = await eventsOf(
      commit([{ path: "a/x.md", write: "1\n2\n3\n4\n5\n6\n" }], { message: "" }),
      commit([{ from: "a/x.md", path: "b/y.txt" }], { committed: "1600000001 +0000" }),
      commit([{ path: "c.ts", write: "1\n" }], { parent: 0, committed: "1600000002 +0000" }),
      commit([], { parent: 1, merge: 2 }),
      commit([{ path: "b/y.txt", delete: true }]),
    );
    expect(commits(events).map(({ data }) => [data?.parents, data?.files, data?.subject_bytes])).toEqual([
      [0, 1, 0],
      [1, 1, 6],
      [1, 1, 6],
      [2, 0, 6],
      [1, 1, 6],
    ]);
    expect(files(events)).toEqual([
      { repo: "test/repo", dir: "a", ext: "md", insertions: 6, deletions: 0 },
      { repo: "test/repo", dir: "b", ext: "txt", insertions: 0, deletions: 0 },
      { repo: "test/repo", dir: ".", ext: "ts", insertions: 1, deletions: 0 },
      { repo: "test/repo", dir: "b", ext: "txt", insertions: 0, deletions: 6 },
    ]);
  });

  it("keeps binary files apart: their lines are null, and count as none", async () => {
    const events = await eventsOf(
      commit([
        { path: "x.bin", write: Buffer.from([0, 1, 2]) },
        { path: "y", write: "1\n" },
      ]),
    );
    expect(files(events)[0]).toMatchObject({ ext: "bin", insertions: null, deletions: null });
    expect(commits(events)[0]?.data).toMatchObject({ files: 2, insertions: 1, deletions: 0 });
  });

  it.each([
    ["with space/and tab\there.Md", "with space", "md"],
    ['new\nline/"quoted".ts', "new\nline", "ts"],
    ["-dash/-1\t2\t3", "-dash", ""],
    ["1\t2\tdigits.c", ".", "c"],
    ["日本/語.データ", "日本", "データ"],
    ["a => b/{c => d}.js", "a => b", "js"],
    [".prettierignore", ".", "prettierigno"],
    ["dir.d/plain", "dir.d", ""],
    ["ends/dot.", "ends", ""],
    ["x.🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", ".", "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉"],
    ["\u0002start/of.header", "\u0002start", "header"],
  ])("reads the odd path %j, new and renamed", async (path, dir, ext) => {
    const events = await eventsOf(
      commit([{ path, write: "1\n2\n3\n4\n" }]),
      commit([{ from: path, path: "elsewhere/plain.txt" }]),
      commit([{ from: "elsewhere/plain.txt", path }]),
    );
    expect(files(events).map((file) => [file?.dir, file?.ext])).toEqual([
      [dir, ext],
      ["elsewhere", "txt"],
      [dir, ext],
    ]);
  });

  it("knows nothing before it happened, and orders by the history, whatever the clocks said", async () => {
    const events = await eventsOf(
      commit([], { authored: "1600000000 +0000", committed: "1600000060 +0000", message: "one" }),
      commit([], { authored: "1600009999 +0000", committed: "1500000000 +0000", message: "three" }),
      commit([], { authored: "1600000000 -0000", committed: "1400000000 +0000", message: "after" }),
      commit([], { authored: "0 +0000", committed: "99999999999 +0000", message: "oddest" }),
    );
    expect(commits(events).map(({ time, recordedtime, data }) => [data?.subject_bytes, time, recordedtime])).toEqual([
      [3, "2020-09-13T12:26:40Z", "2020-09-13T12:27:40Z"],
      [5, "2020-09-13T15:13:19Z", "2020-09-13T15:13:19Z"],
      [5, "2020-09-13T12:26:40Z", "2020-09-13T12:26:40Z"],
      [6, "1970-01-01T00:00:00Z", "5138-11-16T09:46:39Z"],
    ]);
  });

  it("goes by the name of the folder unless told otherwise, bare or not", async () => {
    const folder = scriptedRepository([commit([])]);
    folders.push(folder);
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    for (const dir of [folder, `${folder}/`, `${folder}/.git`]) {
      expect((await all(gitEvents(dir)))[0]?.data?.repo).toBe(name);
    }
  });

  it("stops git when the reader has seen enough", async () => {
    const folder = scriptedRepository(smallHistory());
    folders.push(folder);
    let seen = 0;
    for await (const event of gitEvents(folder)) {
      seen += event.type === "git.commit" ? 1 : 0;
      if (seen === 3) break;
    }
    expect(seen).toBe(3);
  });

  it("says in one sentence what is wrong", async () => {
    await expect(all(gitEvents("/nowhere/at/all"))).rejects.toThrow(/^git could not tell the history of \/nowhere\/at\/all: .*\.$/);
    const folder = scriptedRepository([commit([])]);
    folders.push(folder);
    await expect(all(gitEvents(folder, { revision: "--all" }))).rejects.toThrow(/bad revision '--all'\.$/);
  });
});

describe("tests/fixtures/git-small.ndjson", () => {
  const fixture = fileURLToPath(new URL("../../tests/fixtures/git-small.ndjson", import.meta.url));

  it("is what this example makes of the scripted repository (to renew it: npx vitest run --project unit examples/git -u)", async () => {
    const folder = scriptedRepository(smallHistory());
    folders.push(folder);
    const lines = (await all(gitEvents(folder, { name: "scripted/small" }))).map((event) => `${JSON.stringify(event)}\n`);
    await expect(lines.join("")).toMatchFileSnapshot(fixture);
  });

  const events = (): GitEvent[] =>
    readFileSync(fixture, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as GitEvent);

  it("holds what tests/fixtures/README.md says", () => {
    const byYear: Record<string, number> = {};
    for (const { time = "" } of commits(events())) byYear[time.slice(0, 4)] = (byYear[time.slice(0, 4)] ?? 0) + 1;
    expect(byYear).toEqual({ 2020: 38, 2021: 47, 2022: 43, 2023: 33, 2024: 39 });
    expect(events()).toHaveLength(553);
    const total = (field: "insertions" | "deletions"): number => commits(events()).reduce((sum, { data }) => sum + (data?.[field] ?? 0), 0);
    expect([total("insertions"), total("deletions")]).toEqual([5_606, 5_245]);
    expect(commits(events()).filter(({ data }) => data?.parents === 2)).toHaveLength(13);
    expect(files(events()).filter((file) => file?.insertions === null)).toHaveLength(28);
    expect(commits(events())).toHaveLength(200);
    expect(new Set(events().map(({ subject }) => subject)).size).toBe(8);
    expect(new Set(events().map(({ id }) => id)).size).toBe(events().length);
  });

  it("fits the example's config, which has no problem", () => {
    expect(checkProject(project)).toEqual([]);
    const schemas = new Map(project.events.map(({ type, data }) => [type, data.strict()]));
    expect(events().flatMap(({ type, data }) => schemas.get(type)!.safeParse(data).error?.issues ?? [])).toEqual([]);
  });
});
