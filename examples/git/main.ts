// Prints a git repository's history as NDJSON: node dist/examples/git/main.js <repository> [--name owner/repo] > events.ndjson
import { parseArgs } from "node:util";
import { writeNdjson } from "../ndjson.ts";
import { gitEvents } from "./git-events.ts";

const HELP = `Prints a git repository's history as CloudEvents, one a line, oldest first.

  node dist/examples/git/main.js <repository> [--name owner/repo] [--revision HEAD] > events.ndjson

  --name      what the events call the repository (default: the name of its folder)
  --revision  whose history, a branch, tag or commit (default HEAD)
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: { type: "string" }, revision: { type: "string", default: "HEAD" }, help: { type: "boolean", default: false } },
  });
  const [repoDir] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (repoDir === undefined || positionals.length > 1) throw new Error("name one repository, as in: main.js ~/code/app");
  const { name, revision } = values;
  await writeNdjson(gitEvents(repoDir, { revision, ...(name === undefined ? {} : { name }) }));
}

main().catch((error: unknown) => {
  console.error(`git: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
