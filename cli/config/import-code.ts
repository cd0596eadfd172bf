import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Runs a JavaScript module that is no file yet, and gives what it exports. Each package must stand in it as a URL.
 * For a moment it is a file, as Node applies the source map of a file only; where nothing can be written (a container without /tmp), it runs all the same, and a stack of it shows compiled lines.
 */
export async function importCode(code: string): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), "hydrograph-config-")).catch(() => undefined);
  if (folder === undefined) return importUrl(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  try {
    const file = join(folder, "config.mjs");
    await writeFile(file, code);
    process.setSourceMapsEnabled(true);
    return await importUrl(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importUrl(url: string): Promise<Record<string, unknown>> {
  return (await import(url)) as Record<string, unknown>;
}
