import { spawn } from "node:child_process";
import type { Commit } from "./commit.ts";
import { CommitParser, LOG_FORMAT } from "./commit-parser.ts";

/** Everything the user's git configuration could change about the numbers is said here, so that a history gives the same events everywhere. */
const SETTINGS = ["--no-replace-objects", "-c", "log.showRoot=true", "-c", "log.showSignature=false", "-c", "diff.orderFile=/dev/null"];
const OUTPUT = ["-z", "--numstat", "--date=raw", "--encoding=UTF-8", "--no-color", "--no-notes", "--no-mailmap", `--format=${LOG_FORMAT}`];
const DIFF = ["--no-ext-diff", "--no-textconv", "--no-relative", "--diff-algorithm=myers", "--find-renames", "-l1000"];
/** Oldest first, and no commit before its parents, whatever the clocks said. */
const ORDER = ["--date-order", "--reverse"];

/**
 * Streams the commits that a revision can reach, oldest first. Memory holds one commit and what a pipe holds, so a history may have any length; `git`
 * itself keeps a list of the commits.
 * @throws Error with one sentence if git is missing, or there is no such repository or revision, or nothing in it yet
 */
export async function* readCommits(repoDir: string, revision: string): AsyncGenerator<Commit> {
  const options = [...OUTPUT, ...DIFF, ...ORDER, "--end-of-options", revision, "--"];
  const git = spawn("git", ["-C", repoDir, ...SETTINGS, "log", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  git.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(0, 2_000)));
  const closed = new Promise<number | string>((resolve, reject) => {
    git.once("error", reject).once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  closed.catch(() => undefined);
  try {
    const parser = new CommitParser();
    for await (const chunk of git.stdout) yield* parser.push(chunk as Buffer);
    const code = await closed;
    if (code !== 0) throw new Error(`git could not tell the history of ${repoDir}: ${reason(complaint, code)}.`);
    const last = parser.end();
    if (last) yield last;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new Error("git was not found: install it, or put it on the PATH.", { cause: error });
    }
    throw error;
  } finally {
    git.kill();
  }
}

function reason(complaint: string, code: number | string): string {
  const line = complaint.split("\n").find((text) => /^(fatal|error):/.test(text));
  return line ? line.replace(/^\w+: /, "").replace(/\.$/, "") : `it ended with ${code}`;
}
