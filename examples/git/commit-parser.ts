import type { Commit, FileChange } from "./commit.ts";

/** Starts the first field of a commit: no hash, number or line count does. */
const START = "\u0002";

/** What `git log -z --numstat --date=raw` must print before each commit's files, every field closed by NUL. */
export const LOG_FORMAT = `%x02%H%x00%P%x00%ad%x00%ct%x00%ae%x00%s`;
const HEADER_FIELDS = 6;

/**
 * Reads the output of `git log -z --numstat` in {@link LOG_FORMAT}, however it is cut into chunks. Nothing in it can be mistaken: every field ends with
 * NUL, which neither a path nor a message can hold, and each field's meaning follows from its place.
 * A file is `insertions TAB deletions TAB path`; a renamed one has no path there, and two more fields: the old path and the new.
 */
export class CommitParser {
  #rest: Buffer = Buffer.alloc(0);
  #header: string[] = [];
  #files: FileChange[] = [];
  /** The counts of a renamed file, and the paths read of it. */
  #renamed: { readonly counts: string; readonly paths: string[] } | undefined;

  /** Takes the next bytes; returns the commits that are whole. */
  push(chunk: Buffer): Commit[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const commits: Commit[] = [];
    let from = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
      const commit = this.#field(bytes.toString("utf8", from, end));
      if (commit) commits.push(commit);
      from = end + 1;
    }
    this.#rest = bytes.subarray(from);
    return commits;
  }

  /** The last commit, once all bytes are in. */
  end(): Commit | undefined {
    return this.#finish();
  }

  /** Takes one field; returns the commit before it if the field begins another. */
  #field(text: string): Commit | undefined {
    if (this.#renamed) {
      this.#renamed.paths.push(text);
      if (this.#renamed.paths.length < 2) return undefined;
      this.#files.push(fileChange(this.#renamed.counts, text));
      this.#renamed = undefined;
      return undefined;
    }
    if (this.#header.length > 0 && this.#header.length < HEADER_FIELDS) {
      this.#header.push(text);
      return undefined;
    }
    if (text.startsWith(START)) {
      const finished = this.#finish();
      this.#header.push(text.slice(START.length));
      return finished;
    }
    this.#file(text.startsWith("\n") ? text.slice(1) : text);
    return undefined;
  }

  #file(text: string): void {
    const counts = /^[-\d]+\t[-\d]+\t/.exec(text)?.[0];
    if (counts === undefined) throw new Error(`git log printed "${text.slice(0, 80)}" where the changes of a file were expected.`);
    const path = text.slice(counts.length);
    if (path === "") this.#renamed = { counts, paths: [] };
    else this.#files.push(fileChange(counts, path));
  }

  #finish(): Commit | undefined {
    const [hash, parents = "", authorDate = "", committed = "", email = "", subject = ""] = this.#header;
    const files = this.#files;
    this.#header = [];
    this.#files = [];
    if (hash === undefined) return undefined;
    const [authored = "", zone = ""] = authorDate.split(" ");
    return {
      hash,
      parents: parents === "" ? 0 : parents.split(" ").length,
      authored: Number(authored),
      offsetMinutes: offsetMinutes(zone),
      committed: Number(committed),
      email,
      subject,
      files,
    };
  }
}

function fileChange(counts: string, path: string): FileChange {
  const [insertions = "", deletions = ""] = counts.split("\t");
  return { path, insertions: lines(insertions), deletions: lines(deletions) };
}

function lines(text: string): number | null {
  return text === "-" ? null : Number(text);
}

/** Minutes of a zone as git writes it, such as "+0545"; 0 if it is none. */
function offsetMinutes(zone: string): number {
  const match = /^([+-])(\d+)(\d\d)$/.exec(zone);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" && minutes > 0 ? -minutes : minutes;
}
