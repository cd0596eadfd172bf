import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Message } from "esbuild";
import { checkProject, type Problem, type Project } from "../../model/index.ts";
import { UsageError } from "../errors.ts";
import { bundleConfig } from "./bundle-config.ts";
import { importCode } from "./import-code.ts";

/** A project and where it was declared. */
export interface LoadedConfig {
  readonly project: Project;
  /** Absolute path of the config file. */
  readonly file: string;
  /** Its folder: `.hydrograph/` lies there. */
  readonly folder: string;
}

/** Name of the config file unless another is given. */
export const DEFAULT_CONFIG = "hydrograph.config.ts";

/**
 * Loads a project from its TypeScript config, without a build step.
 * @throws UsageError naming the file and what is wrong with it: absent, not TypeScript, no default export, or each broken rule on a line
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    throw new UsageError(`${path}: there is no such config file: write one (see docs/guide.md), or name another with --config.`);
  }
  const value = defaultExport(await importConfig(file, path));
  if (value === undefined) throw new UsageError(`${path}: has no default export: end it with "export default defineProject({ … })".`);
  const problems = checkProject(value);
  if (problems.length > 0) throw brokenRules(path, problems);
  const project = value as Project;
  if (project.queries.length > 0) {
    // Loaded here: only a config with queries needs it.
    const { checkQueries } = await import("../questions/check-queries.ts");
    const wrong = await checkQueries(project);
    if (wrong.length > 0) throw brokenRules(path, wrong);
  }
  if (project.dashboards.length > 0) {
    const { checkPanels } = await import("../questions/check-panels.ts");
    const wrong = await checkPanels(project);
    if (wrong.length > 0) throw brokenRules(path, wrong);
  }
  return { project, file, folder: dirname(file) };
}

function brokenRules(path: string, problems: readonly Problem[]): UsageError {
  return new UsageError(problems.map((problem) => `${path}: ${problem.path}: ${problem.rule}`).join("\n"));
}

async function importConfig(file: string, shown: string): Promise<Record<string, unknown>> {
  const bundled = await bundleConfig(file);
  if ("problem" in bundled) throw new UsageError(`${shown}: ${sourceProblem(bundled.problem, file)}`);
  try {
    return await importCode(bundled.code);
  } catch (error) {
    throw new UsageError(`${shown}: ${importProblem(error, bundled.packages)}`, { cause: error });
  }
}

/** A config that sets `module.exports` as TypeScript compiles it has its default export one level deeper. */
function defaultExport(loaded: Record<string, unknown>): unknown {
  const outer = loaded["default"];
  if (typeof outer !== "object" || outer === null || !("__esModule" in outer)) return outer;
  return (outer as Record<string, unknown>)["default"];
}

/** What is wrong with the text of the config, or of a file that it imports. */
function sourceProblem({ location, text }: Message, file: string): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  if (missing !== undefined) {
    const isPackage = !missing.startsWith(".") && !missing.startsWith("/");
    return isPackage
      ? `imports "${missing}", which is not installed: run "npm install ${missing}" in ${dirname(file)}.`
      : `imports "${missing}", which does not exist.`;
  }
  if (location === null) return `cannot be compiled: ${text}.`;
  const where = location.file === basename(file) ? "" : `${location.file}: `;
  return `${where}line ${location.line}, column ${location.column}: ${text}.`;
}

/** What its modules said when they ran, or why they could not. */
function importProblem(error: unknown, packages: ReadonlyMap<string, string>): string {
  if (!(error instanceof Error)) return `throws ${String(error)} when loaded.`;
  let said = error.message.split("\n")[0] ?? "";
  for (const [url, name] of packages) said = said.replaceAll(url, name);
  return `fails when loaded: ${said.replace(/\.$/, "")}.`;
}
