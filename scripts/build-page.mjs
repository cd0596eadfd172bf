// Bundles the live page into dist/page: three files of our own and no others, so that the page can forbid everything else.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const from = fileURLToPath(new URL("../dashboards/page", import.meta.url));
const to = fileURLToPath(new URL("../dist/page", import.meta.url));

await build({
  entryPoints: [
    { in: `${from}/main.tsx`, out: "app" },
    { in: `${from}/app.css`, out: "app" },
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
for (const name of ["index.html", "favicon.svg"]) await copyFile(`${from}/${name}`, `${to}/${name}`);
