import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const index = fileURLToPath(new URL("../dist/index.d.ts", import.meta.url));

/** What one file declares, and where the names come from that it does not. */
interface Declarations {
  /** Name -> its declaration, without comments. */
  readonly texts: ReadonlyMap<string, string>;
  readonly exported: ReadonlySet<string>;
  /** Name -> where it is declared: imported or handed on. */
  readonly from: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
  /** Names that the file hands on or exports. */
  readonly names: readonly string[];
}

const read = new Map<string, Declarations>();

function declarationsOf(file: string): Declarations {
  const known = read.get(file);
  if (known) return known;
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const from = new Map<string, { file: string; name: string }>();
  const names: string[] = [];
  for (const [, keyword, list = "", path = ""] of text.matchAll(/^(import|export)(?: type)? \{([^}]*)\} from "(\.[^"]*)";/gm)) {
    for (const part of list.split(",").filter((name) => name.trim() !== "")) {
      const [name = "", alias = name] = part
        .trim()
        .replace(/^type /, "")
        .split(" as ");
      from.set(alias, { file: resolve(dirname(file), path.replace(/\.[jt]s$/, ".d.ts")), name });
      if (keyword === "export") names.push(alias);
    }
  }
  const texts = new Map<string, string>();
  const exported = new Set<string>();
  for (const block of text.split(/^(?=(?:export |declare |interface |type |import ))/m)) {
    const [, isExported, name] =
      /^(export )?(?:declare )?(?:async )?(?:abstract )?(?:function|interface|type|class) (\w+)/.exec(block) ?? [];
    if (name === undefined) continue;
    texts.set(name, `${texts.get(name) ?? ""}${block}`);
    if (isExported !== undefined) exported.add(name);
  }
  const found = { texts, exported, from, names: [...names, ...exported] };
  read.set(file, found);
  return found;
}

/** Every type of ours that what the package exports is made of, as "file: name"; types that no file exports are followed and not counted. */
function neededTypes(): Set<string> {
  const needed = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string, name: string): void => {
    const { texts, exported, from } = declarationsOf(file);
    const elsewhere = from.get(name);
    if (elsewhere) return visit(elsewhere.file, elsewhere.name);
    const text = texts.get(name);
    if (text === undefined || seen.has(`${file} ${name}`)) return;
    seen.add(`${file} ${name}`);
    if (exported.has(name)) needed.add(name);
    for (const [word] of text.matchAll(/\b[A-Z]\w*/g)) visit(file, word);
  };
  for (const name of declarationsOf(index).names) visit(index, name);
  return needed;
}

it("exports every type that its own functions take and give", () => {
  const { names } = declarationsOf(index);
  expect(names.length).toBeGreaterThan(50);
  expect([...neededTypes()].filter((name) => !names.includes(name)).toSorted()).toEqual([]);
});
