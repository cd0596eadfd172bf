import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Where a running `hydrograph up` has its servers; other commands find them here. */
const shape = z.object({
  project: z.string(),
  natsUrl: z.string(),
  clickhouseUrl: z.string(),
  /** Process of `hydrograph up` itself. */
  pid: z.int(),
  natsPid: z.int(),
  clickhousePid: z.int(),
});

/** Contents of `.hydrograph/endpoints.json`. */
export type Endpoints = z.infer<typeof shape>;

/** The folder beside the config that holds the data of `up`. */
export function dataFolder(configFolder: string): string {
  return join(configFolder, ".hydrograph");
}

/** Writes the file whole: a reader never sees half of it. */
export async function writeEndpoints(folder: string, endpoints: Endpoints): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "endpoints.json");
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(endpoints, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
}

/** Removes the file, as nothing runs there any more. */
export async function removeEndpoints(folder: string): Promise<void> {
  await rm(join(folder, "endpoints.json"), { force: true });
}

/** The running servers of a folder, or undefined: there is no file, it is not ours, or its process is gone (a kill -9 leaves the file). */
export async function readEndpoints(folder: string): Promise<Endpoints | undefined> {
  try {
    const endpoints = shape.parse(JSON.parse(await readFile(join(folder, "endpoints.json"), "utf8")));
    return isRunning(endpoints.pid) ? endpoints : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
