import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { CodeBlock } from "./markdown.ts";
import { projectWith, uniqueName, type Addresses, type UserProject } from "./user-project.ts";

/** A command of a page, and what it prints by the block below it. */
export interface PageExample {
  readonly command: string;
  readonly printed: string;
}

/** The commands of a page, in order. */
export function examplesOf(blocks: readonly CodeBlock[]): PageExample[] {
  return blocks.flatMap(({ tag, text }, index) =>
    tag === "run" ? [{ command: text.trim(), printed: blocks[index + 1]?.text ?? "" }] : [],
  );
}

/** The words of a command line, quotes taken off. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/**
 * Makes a folder with the files of a page, and puts its events (the file that ends in .ndjson) in: each is a row.
 * @param name name of the project on the page; its folder has one of its own, and a stream and subjects to match
 * @param edit what else is changed in the config
 */
export async function pageProject(
  blocks: readonly CodeBlock[],
  name: string,
  addresses: Addresses,
  edit = (config: string): string => config,
): Promise<UserProject> {
  const files = blocks.flatMap(({ tag, text }) => (tag.startsWith("file=") ? [{ file: tag.slice("file=".length), text }] : []));
  const textOf = (ending: string): string => files.find(({ file }) => file.endsWith(ending))?.text ?? "";
  const own = uniqueName(name);
  const config = textOf("hydrograph.config.ts")
    .replace(`name: "${name}"`, `name: "${own}"`)
    .replace(/streams: \[.*\]/, `streams: [{ name: "${own.toUpperCase()}", subjects: ["${own}.>"] }]`);
  const project = await projectWith(own, edit(config), addresses);
  for (const { file, text } of files) if (file !== "hydrograph.config.ts") await writeFile(join(project.folder, file), text);
  const events = files.find(({ file }) => file.endsWith(".ndjson"))?.file ?? "";
  await project.json(["migrate"]);
  await project.json(["publish", events]);
  const rows = textOf(".ndjson").trim().split("\n").length;
  expect(await project.json(["ingest", "--until-caught-up"])).toMatchObject({ received: rows, rows, deadLetters: 0 });
  return project;
}
