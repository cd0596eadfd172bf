import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { createRequire } from "node:module";
import type { Hono } from "hono";

/** A file of the live page, in memory: there are a handful, and they are small. */
export interface PageFile {
  /** e.g. "/app.js"; "/" is the page itself. */
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing but the page's own files runs or is shown in it, and no other page may hold it in a frame. */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
} as const;

/** Reads the page as it was built. @throws Error if it was not: `npm run build` does it */
export async function readPage(): Promise<readonly PageFile[]> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("hydrograph/package.json")), "dist/page");
  const names = (await readdir(folder)).filter((name) => extname(name) in TYPES).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      return { path: name === "index.html" ? "/" : `/${name}`, type: TYPES[extname(name)] ?? "", bytes, etag };
    }),
  );
}

/** Serves the files, to anybody: they hold no data. */
export function pageRoutes(app: Hono, files: readonly PageFile[]): void {
  for (const { bytes, etag, path, type } of files) {
    app.get(path, ({ req }) => {
      const headers = { ...HEADERS, "content-type": type, etag };
      if (req.header("if-none-match") === etag) return new Response(null, { status: 304, headers });
      return new Response(new Uint8Array(bytes), { headers });
    });
  }
}
