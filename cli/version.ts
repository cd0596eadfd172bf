import { createRequire } from "node:module";

/** Version of this package. */
export const VERSION = (createRequire(import.meta.url)("hydrograph/package.json") as { version: string }).version;
