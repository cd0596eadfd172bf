import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dice } from "../shop/dice.ts";

/** A change to one file: text or bytes to write, its deletion, or its old path if it is renamed. */
export type ScriptedChange = { readonly path: string } & (
  { readonly write: string | Buffer } | { readonly delete: true } | { readonly from: string }
);

/** A commit to be made. */
export interface ScriptedCommit {
  readonly author: string;
  /** Git's raw form, e.g. "1700000000 +0545". */
  readonly authored: string;
  readonly committed: string;
  readonly message: string;
  /** Index of a second parent among the commits. */
  readonly merge?: number;
  /** Index of the first parent; the commit before it unless said. */
  readonly parent?: number;
  readonly changes: readonly ScriptedChange[];
}

/** Makes a repository with exactly these commits in a new temporary folder: the same commits have the same hashes everywhere. */
export function scriptedRepository(commits: readonly ScriptedCommit[]): string {
  const dir = mkdtempSync(join(tmpdir(), "hydrograph-git-"));
  execFileSync("git", ["init", "--quiet", "--object-format=sha1", "--initial-branch=main", dir]);
  const input = Buffer.concat(commits.flatMap((commit, index) => importCommands(commit, index)));
  execFileSync("git", ["-C", dir, "fast-import", "--quiet"], { input });
  return dir;
}

/** The commands of https://git-scm.com/docs/git-fast-import#_commit; marks count from 1. */
function importCommands(commit: ScriptedCommit, index: number): Buffer[] {
  const { parent = index - 1, merge } = commit;
  const head = [
    "commit refs/heads/main",
    `mark :${index + 1}`,
    `author Somebody <${commit.author}> ${commit.authored}`,
    `committer Somebody Else <committer@example.org> ${commit.committed}`,
    `data ${Buffer.byteLength(commit.message)}`,
    commit.message,
    ...(parent >= 0 ? [`from :${parent + 1}`] : []),
    ...(merge === undefined ? [] : [`merge :${merge + 1}`]),
  ];
  return [Buffer.from(`${head.join("\n")}\n`), ...commit.changes.flatMap(changeCommands), Buffer.from("\n")];
}

function changeCommands(change: ScriptedChange): Buffer[] {
  if ("delete" in change) return [Buffer.from(`D ${quoted(change.path)}\n`)];
  if ("from" in change) return [Buffer.from(`R ${quoted(change.from)} ${quoted(change.path)}\n`)];
  const bytes = Buffer.from(change.write);
  return [Buffer.from(`M 100644 inline ${quoted(change.path)}\ndata ${bytes.length}\n`), bytes, Buffer.from("\n")];
}

function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

const AUTHORS = [
  ["ada@example.org", "+0000"],
  ["Grace@Example.org", "-0500"],
  ["linus@example.org", "+0200"],
  ["yukihiro@example.org", "+0900"],
  ["asha@example.org", "+0530"],
  ["tenzin@example.org", "+0545"],
  ["moana@example.org", "+1345"],
  ["joão@example.org", "-0330"],
] as const;
const PATHS = [
  "README.md",
  "src/main.ts",
  "src/parse.ts",
  "src/deep/er/tree.ts",
  "docs/guide.md",
  "docs/über uns.md",
  "test/main.test.ts",
  "package.json",
  "LICENSE",
  ".gitignore",
  "img/logo.PNG",
  "data/日本.csv",
];

/** The history behind `tests/fixtures/git-small.ndjson`: 200 commits over six years by eight authors, with merges, renames, deletions and binary files. */
export function smallHistory(): ScriptedCommit[] {
  const dice = new Dice(1, 2, 3);
  const commits: ScriptedCommit[] = [];
  let now = Date.UTC(2019, 11, 31, 22) / 1_000;
  for (let index = 0; index < 200; index += 1) {
    now += Math.floor(dice.between(0, 1) ** 3 * 40 * 86_400);
    const [author, zone] = dice.pick<readonly [string, string]>(AUTHORS);
    const known = now + (dice.chance(0.2) ? Math.floor(dice.between(-3_600, 600_000)) : 0);
    const merge = index > 3 && dice.chance(0.08) && index % 50 > 1;
    commits.push({
      author,
      authored: `${now} ${zone}`,
      committed: `${known} +0000`,
      message: `Change ${index}: ${"étude ".repeat(Math.floor(dice.between(0, 6)))}`,
      ...(merge ? { merge: index - 3 } : {}),
      changes: merge ? [] : someChanges(dice, index),
    });
  }
  return commits;
}

/** Every fiftieth commit renames the README, and the next writes a new one and deletes the picture. */
function someChanges(dice: Dice, index: number): ScriptedChange[] {
  if (index > 0 && index % 50 === 0) return [{ from: "README.md", path: `old/README-${index}.md` }];
  const paths = PATHS.filter((path) => index === 0 || (path === "README.md" ? index % 50 === 1 : dice.chance(0.17)));
  return paths.map((path) => {
    if (path.endsWith("PNG"))
      return index % 50 === 1 ? { path, delete: true } : { path, write: Buffer.from([137, 80, 78, 71, 0, index, 0]) };
    const lines = Math.floor(dice.between(1, 60));
    return { path, write: Array.from({ length: lines }, (_, line) => `${line % 3 === 0 ? index : "same"} ${line}\n`).join("") };
  });
}
