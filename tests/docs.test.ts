import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { FailureKind } from "../clickhouse/index.ts";
import { createIngestMetrics } from "../ingest/index.ts";
import { DEFAULT_LIMITS } from "../model/index.ts";
import { EXIT } from "../cli/exit-codes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("the documentation", () => {
  it("gives a reason for each dependency, and for none that is gone", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
    const cells = [...read("docs/dependencies.md").matchAll(/^\| (`.*?) +\|/gm)].map(([, cell = ""]) => cell);
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(new Set(named)).toEqual(new Set(Object.keys({ ...dependencies, ...devDependencies })));
  });

  it("lists every command and every exit code in the README", () => {
    const readme = read("README.md");
    const commands = readdirSync(join(root, "cli/commands")).flatMap((file) => /^(\w+)\.ts$/.exec(file)?.[1] ?? []);
    for (const command of commands) expect(readme).toMatch(new RegExp(`^\\| \`hydrograph ${command}\\b`, "m"));
    for (const code of Object.values(EXIT)) expect(readme).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
  });

  it("lists every limit with its default, and every metric, in the page on running it", () => {
    const page = read("docs/operations.md");
    for (const [limit, value] of Object.entries(DEFAULT_LIMITS)) {
      const shown = typeof value === "number" ? value.toLocaleString("en-US") : JSON.stringify(value);
      expect(page).toMatch(new RegExp(`^\\| \`${limit}\` +\\| ${shown}[ |]`, "m"));
    }
    for (const { name } of createIngestMetrics().registry.getMetricsAsArray())
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, "m"));
    for (const kind of ["retry", "slow-down", "pause", "bad-statement", "bad-data"] satisfies FailureKind[])
      expect(page).toContain(`| \`${kind}\``);
  });

  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    "cli/README.md",
    ...readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];

  it.each(pages)("has no dead link in %s", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => link).filter((link) => !link.includes("://"));
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});
