import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import type { CloudEvent } from "hydrograph";
import type { Commit, FileChange } from "./commit.ts";
import { readCommits } from "./read-commits.ts";

/** A file's extension is cut to this many characters: longer ones are no kinds of file. */
const LONGEST_EXTENSION = 12;
/** 0000-01-01 and 9999-12-31T23:59:59, seconds since 1970: what RFC 3339 can say. Dates beyond 1970 to 2200 become dead letters at ingest. */
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;

/** One commit. */
export type GitCommit = CloudEvent<
  "git.commit",
  {
    readonly repo: string;
    readonly parents: number;
    /** Files changed against the first parent; 0 for a merge. */
    readonly files: number;
    /** Lines; binary files count as 0. */
    readonly insertions: number;
    readonly deletions: number;
    /** The author's clock, minutes east of UTC. */
    readonly utc_offset_minutes: number;
    /** Length of the message's first line in UTF-8. */
    readonly subject_bytes: number;
  }
>;

/** What one commit did to one file. */
export type GitFileChanged = CloudEvent<
  "git.file_changed",
  {
    readonly repo: string;
    /** First folder of the path, "." for a file at the root. */
    readonly dir: string;
    /** Extension without the dot, lower case, 12 characters at most; "" if there is none. */
    readonly ext: string;
    /** Lines; null for a binary file. */
    readonly insertions: number | null;
    readonly deletions: number | null;
  }
>;

/** An event of a repository's history. */
export type GitEvent = GitCommit | GitFileChanged;

/** What to read, and what to call it. */
export interface GitOptions {
  /** The repository in `source` ("git/<name>") and `data.repo`, e.g. "honojs/hono". Default: the name of its folder. */
  readonly name?: string;
  /** Default "HEAD". */
  readonly revision?: string;
}

/**
 * Streams a git repository's history as CloudEvents, oldest commit first: a `git.commit`, then a `git.file_changed` for each of its files.
 * `time` is the author date. `recordedtime` is the committer date, when this history learned of the commit; where the committer's clock was behind
 * the author's it is the author date, because nothing is known before it happened. `subject` is a pseudonym of the author's e-mail address.
 * @throws Error with one sentence if git is missing, or there is no such repository or revision, or nothing in it yet
 */
export async function* gitEvents(repoDir: string, options: GitOptions = {}): AsyncGenerator<GitEvent, void, undefined> {
  const repo = options.name ?? folderName(repoDir);
  for await (const commit of readCommits(repoDir, options.revision ?? "HEAD")) yield* commitEvents(repo, commit);
}

/** "app" for app, app/ and app/.git; also for a bare app.git. */
function folderName(repoDir: string): string {
  return basename(resolve(repoDir).replace(/[/\\]?\.git$/, ""));
}

function commitEvents(repo: string, commit: Commit): GitEvent[] {
  const id = commit.hash.slice(0, 16);
  const common = {
    specversion: "1.0",
    source: `git/${repo}`,
    subject: pseudonym(commit.email),
    time: rfc3339(commit.authored),
    recordedtime: rfc3339(Math.max(commit.authored, commit.committed)),
  } as const;
  const files = commit.files.map((file, index): GitFileChanged => ({
    ...common,
    id: `${id}-${index}`,
    type: "git.file_changed",
    data: fileData(repo, file),
  }));
  return [{ ...common, id, type: "git.commit", data: commitData(repo, commit) }, ...files];
}

function commitData(repo: string, { parents, files, offsetMinutes, subject }: Commit): NonNullable<GitCommit["data"]> {
  return {
    repo,
    parents,
    files: files.length,
    insertions: files.reduce((sum, file) => sum + (file.insertions ?? 0), 0),
    deletions: files.reduce((sum, file) => sum + (file.deletions ?? 0), 0),
    utc_offset_minutes: offsetMinutes,
    subject_bytes: Buffer.byteLength(subject),
  };
}

function fileData(repo: string, { path, insertions, deletions }: FileChange): NonNullable<GitFileChanged["data"]> {
  const slash = path.indexOf("/");
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const ext =
    dot < 0
      ? ""
      : Array.from(name.slice(dot + 1).toLowerCase())
          .slice(0, LONGEST_EXTENSION)
          .join("");
  return { repo, dir: slash < 0 ? "." : path.slice(0, slash), ext, insertions, deletions };
}

/** Not anonymous: who knows an address can compute it. */
function pseudonym(email: string): string {
  return `author-${createHash("sha256").update(email.trim().toLowerCase()).digest("hex").slice(0, 10)}`;
}

/** Seconds since 1970 to the second, in UTC. */
function rfc3339(seconds: number): string {
  const clamped = Math.min(Math.max(seconds, FIRST_SECOND), LAST_SECOND);
  return new Date(clamped * 1_000).toISOString().replace(".000Z", "Z");
}
