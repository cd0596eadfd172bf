/** A commit as `git log` tells it. */
export interface Commit {
  /** Full object name, hexadecimal. */
  readonly hash: string;
  /** Number of parents: 0 for a root, 2 or more for a merge. */
  readonly parents: number;
  /** Author date, seconds since 1970. */
  readonly authored: number;
  /** Author's offset from UTC, minutes. */
  readonly offsetMinutes: number;
  /** Committer date, seconds since 1970. */
  readonly committed: number;
  readonly email: string;
  /** First line of the message. */
  readonly subject: string;
  /** Changes against the first parent; none for a merge. */
  readonly files: readonly FileChange[];
}

/** What a commit did to one file. */
export interface FileChange {
  /** Path after the change; `git` allows any bytes but NUL in it, those that are no UTF-8 read as U+FFFD. */
  readonly path: string;
  /** Lines; null for a binary file. */
  readonly insertions: number | null;
  readonly deletions: number | null;
}
