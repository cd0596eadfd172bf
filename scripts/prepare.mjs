// Makes a fresh clone ready to run: installs the locked packages when they are missing or another lock file's,
// checks the types and bundles into dist/ (about three seconds). Plain JavaScript with no imports but Node's own, because it runs before any package exists.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}node_modules/.hydrograph-lock`;
const lockHash = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex");

/** Runs a program in the project's folder and ends this process with its exit code if it fails. */
function run(command, args, purpose) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error) console.error(`hydrograph: could not run ${command} to ${purpose}: ${error.message}`);
  else if (status !== 0) console.error(`hydrograph: ${command} failed to ${purpose} (exit code ${status}).`);
  if (status !== 0) process.exit(status ?? 1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`hydrograph: Node ${process.versions.node} is too old: install Node 20.19 or newer (https://nodejs.org).`);
  process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lockHash) {
  console.error("hydrograph: installing packages (once, about 200 MB to download) …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], "install the packages");
  writeFileSync(stamp, lockHash);
}

run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"], "compile");
run(process.execPath, [`${root}scripts/bundle.mjs`], "bundle");
