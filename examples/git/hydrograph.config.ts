import { count, defineEvent, defineFeatures, defineMetric, defineProject, defineQuery, last, max, quantiles, sum, uniq } from "hydrograph";
import { z } from "zod";

const lines = z.int().nonnegative();

const commit = defineEvent({
  type: "git.commit",
  data: z.object({
    repo: z.string(),
    parents: z.int().nonnegative(),
    files: z.int().nonnegative(),
    insertions: lines,
    deletions: lines,
    utc_offset_minutes: z.int(),
    subject_bytes: z.int().nonnegative(),
  }),
});

const fileChanged = defineEvent({
  type: "git.file_changed",
  description: "Lines are null for a binary file.",
  data: z.object({ repo: z.string(), dir: z.string(), ext: z.string(), insertions: lines.nullable(), deletions: lines.nullable() }),
});

// Histories span decades: buckets of a quarter of an hour keep the rollups small, and still fit every zone's days.
const grain = "15 minutes";

const commits = defineMetric({ name: "commits", event: commit, measure: count(), dimensions: ["repo", "parents"], grain });
const authors = defineMetric({ name: "authors", event: commit, measure: uniq("subject"), dimensions: ["repo"], grain, unit: "people" });
const linesAdded = defineMetric({
  name: "lines_added",
  event: commit,
  measure: sum("insertions"),
  dimensions: ["repo"],
  grain,
  unit: "lines",
});
const linesDeleted = defineMetric({
  name: "lines_deleted",
  event: commit,
  measure: sum("deletions"),
  dimensions: ["repo"],
  grain,
  unit: "lines",
});
const commitSize = defineMetric({
  name: "commit_size",
  description: "Lines added by a commit.",
  event: commit,
  measure: quantiles("insertions", [0.5, 0.9, 0.99]),
  dimensions: ["repo"],
  grain,
  unit: "lines",
});
const largestCommit = defineMetric({
  name: "largest_commit",
  event: commit,
  measure: max("insertions"),
  dimensions: ["repo"],
  grain,
  unit: "lines",
});
const authorOffset = defineMetric({
  name: "author_offset",
  description: "Where the latest author's clock stood, minutes east of UTC.",
  event: commit,
  measure: last("utc_offset_minutes"),
  dimensions: ["repo"],
  grain,
  unit: "minutes",
});
const filesChanged = defineMetric({
  name: "files_changed",
  event: fileChanged,
  measure: count(),
  dimensions: ["repo", "dir", "ext"],
  grain,
  unit: "files",
});
const linesByFile = defineMetric({
  name: "lines_by_file",
  description: "Lines added, by folder and kind of file; binary files are left out.",
  event: fileChanged,
  measure: sum("insertions"),
  dimensions: ["repo", "dir", "ext"],
  grain,
  unit: "lines",
});

const author = defineFeatures({
  name: "author",
  description: "How active an author was before a moment, for models of who comes back.",
  entity: "subject",
  features: {
    commits_7d: { metric: commits, window: "7d" },
    commits_30d: { metric: commits, window: "30d" },
    commits_30d_until_yesterday: { metric: commits, window: "30d", delay: "1d" },
    lines_added_7d: { metric: linesAdded, window: "7d" },
    lines_added_30d: { metric: linesAdded, window: "30d" },
    lines_deleted_30d: { metric: linesDeleted, window: "30d" },
    files_changed_30d: { metric: filesChanged, window: "30d" },
    largest_commit_30d: { metric: largestCommit, window: "30d" },
    utc_offset_30d: { metric: authorOffset, window: "30d" },
  },
});

export default defineProject({
  name: "git",
  streams: [{ name: "GIT", subjects: ["git.>"] }],
  events: [commit, fileChanged],
  metrics: [commits, authors, linesAdded, linesDeleted, commitSize, largestCommit, authorOffset, filesChanged, linesByFile],
  features: [author],
  queries: [
    defineQuery({
      name: "newcomers",
      description: "Authors of each month: new, back again, gone.",
      ask: "lifecycle",
      events: [commit],
      period: "month",
      range: "2 years",
    }),
    defineQuery({
      name: "growth",
      ask: "trend",
      metric: [linesAdded, linesDeleted],
      range: "1 year",
      grain: "week",
      window: { kind: "cumulative" },
    }),
  ],
  lateness: "7d", // commits are rebased and merged for days before they are committed for good
});
