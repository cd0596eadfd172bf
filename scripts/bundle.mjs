// Bundles what runs into dist/: the command and the library with the packages that they alone use, and the live page.
import { build } from "esbuild";
import { copyFile, readdir, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const page = join(root, "dashboards/page");

/** What somebody starts or imports; all that several of them share lies once in dist/shared. */
const PROGRAMS = [
  "index.ts",
  "cli/main.ts",
  "embedded/clickhouse/server-process.ts",
  "examples/git/main.ts",
  "examples/market/main.ts",
  "examples/shop/live.ts",
  "examples/shop/main.ts",
  "examples/shop/train.ts",
];

/** Packages that stay outside: users hand us their schemas and take our tables (zod, apache-arrow), binaries (chdb, esbuild), what loads parts of itself by path (pino), and for the examples, which are users, the project itself. */
const OUTSIDE = ["apache-arrow", "chdb", "esbuild", "hydrograph", "pino", "zod"];

/**
 * One file for each program and not one for each module: hydrograph trend then starts in 0.85 instead of 1.3 s.
 * Maps lie beside the files, unnamed in them: Node would read those of all files for each stack.
 */
async function bundlePrograms() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outbase: root,
    outdir: dist,
    bundle: true,
    splitting: true,
    chunkNames: "shared/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20",
    external: OUTSIDE,
    // Without the tsconfig, whose `paths` name sources.
    tsconfigRaw: "{}",
    // Packages in CommonJS ask for Node's own modules by this name.
    banner: { js: 'import { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);' },
    sourcemap: "external",
    legalComments: "eof",
    metafile: true,
    logLevel: "warning",
  });
  await removeOthers(new Set(Object.keys(metafile.outputs)));
}

/** The names of shared files change with what they hold: those of an earlier build go. */
async function removeOthers(made) {
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const script = /\.js(\.map)?$/.test(entry.name) && dirname(file) !== join(dist, "page");
    if (script && !made.has(relative(root, file))) await rm(file);
  }
}

/** Three files of our own and no others, so that the page can forbid everything else. */
async function bundlePage() {
  const to = join(dist, "page");
  await build({
    entryPoints: [
      { in: join(page, "main.tsx"), out: "app" },
      { in: join(page, "app.css"), out: "app" },
    ],
    outdir: to,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
  });
  for (const name of ["index.html", "favicon.svg"]) await copyFile(join(page, name), join(to, name));
}

await bundlePrograms();
await bundlePage();
