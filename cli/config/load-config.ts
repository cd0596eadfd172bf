import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";
import { checkProject, type Project } from "../../model/index.ts";
import { UsageError } from "../errors.ts";

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
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${path}: ${problem.path}: ${problem.rule}`).join("\n"));
  return { project: value as Project, file, folder: dirname(file) };
}

async function importConfig(file: string, shown: string): Promise<Record<string, unknown>> {
  try {
    // Without the tsconfig, whose `paths` could point "hydrograph" at sources: the package itself is what a config imports.
    return (await tsImport(pathToFileURL(file).href, { parentURL: import.meta.url, tsconfig: false })) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${shown}: ${importProblem(error, file)}`, { cause: error });
  }
}

/** In a folder whose package.json does not say `"type": "module"` the config is loaded as CommonJS, and its default export lies one level deeper. */
function defaultExport(loaded: Record<string, unknown>): unknown {
  const outer = loaded["default"];
  if (typeof outer !== "object" || outer === null || !("__esModule" in outer)) return outer;
  return (outer as Record<string, unknown>)["default"];
}

function importProblem(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `throws ${String(error)} when loaded.`;
  const firstLine = error.message.split("\n")[0] ?? "";
  if (error.name === "TransformError") return syntaxProblem(error.message, file);
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(firstLine)?.[1];
  if (missing === undefined) return `fails when loaded: ${firstLine.replace(/\.$/, "").replaceAll("(0 , import_hydrograph.", "(")}.`;
  const isPackage = !missing.startsWith(".") && !missing.startsWith("/");
  return isPackage
    ? `imports "${missing}", which is not installed: run "npm install ${missing}" in ${dirname(file)}.`
    : `imports "${missing}", which does not exist.`;
}

/** esbuild reports "file:line:column: ERROR: text" below a headline. */
function syntaxProblem(message: string, file: string): string {
  const detail = message.split("\n").find((line) => line.includes("ERROR:")) ?? message;
  return detail.replace(`${file}:`, "line ").replace(/^line (\d+):(\d+): ERROR: /, "line $1, column $2: ") + ".";
}
