import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** The packages in a compiled file and in all files that it loads at once, which is not what it imports when asked for. */
function packagesAtStart(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const bundled = [...text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map(([, name]) => name ?? "");
  const imported = [...text.matchAll(/^(?:import|export)?[^"\n]*(?:from|import) "([^"]+)";$/gm)].map(([, name]) => name ?? "");
  const outside = imported.filter((name) => !name.startsWith(".") && !name.startsWith("node:"));
  const further = imported.filter((name) => name.startsWith(".")).flatMap((name) => [...packagesAtStart(join(dirname(file), name), seen)]);
  return new Set([...bundled, ...outside, ...further]);
}

it("the command loads what its command needs, and the library no dashboards and no server", () => {
  expect([...packagesAtStart(join(dist, "cli/main.js"))].sort()).toEqual(["commander"]);
  const library = packagesAtStart(join(dist, "index.js"));
  expect([...library]).toEqual(expect.arrayContaining(["@clickhouse/client", "nats", "zod"]));
  for (const late of ["@grafana/grafana-foundation-sdk", "chdb", "commander", "esbuild", "hono", "pino"])
    expect([...library]).not.toContain(late);
});

it("no module of ours lies twice in what is bundled: a config shares the package with the command that loads it", () => {
  const places = new Map<string, Set<string>>();
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".js") && !name.startsWith("page"),
  ))
    for (const [, module = ""] of readFileSync(join(dist, file), "utf8").matchAll(/^\/\/ ((?!node_modules\/)\S+\.ts)$/gm))
      places.set(module, (places.get(module) ?? new Set()).add(file));
  expect(places.size).toBeGreaterThan(300);
  expect([...places].filter(([, files]) => files.size > 1)).toEqual([]);
});
