import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { parseEntity, readEntities } from "./entity-flags.ts";

const buyer = { entity: "subject" };
const visit = { entity: { buyer: "subject", shop: "shop.id" } };

it.each([
  ["user-7", buyer, "user-7"],
  ["a=b,c", buyer, "a=b,c"],
  ['{"entity":7}', buyer, { entity: 7 }],
  ["buyer=ann,shop=3", visit, { buyer: "ann", shop: "3" }],
  ["shop = 3, buyer=a=b", visit, { shop: " 3", buyer: "a=b" }],
  ['{"buyer":"a,b","shop":3}', visit, { buyer: "a,b", shop: 3 }],
])("%s is an entity", (text, set, expected) => {
  expect(parseEntity(text, set)).toEqual(expected);
});

it.each([
  ["ann", visit, 'The entity "ann" does not say its parts: write buyer=…,shop=…, or JSON such as {"buyer":"…"}.'],
  ["buyer=ann,shop=", visit, 'The entity "buyer=ann,shop=" does not say its parts: write buyer=…,shop=…, or JSON such as {"buyer":"…"}.'],
  ["{buyer}", visit, "The entity {buyer} is no JSON."],
])("%s is none", (text, set, sentence) => {
  expect(() => parseEntity(text, set)).toThrow(new UsageError(sentence));
});

it("entities of the flags come before those of the file, in order, without its empty lines", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hydrograph-entities-"));
  const path = join(folder, "users.txt");
  await writeFile(path, "b\r\n\na\nb\n");
  const { signal } = new AbortController();
  expect(await readEntities({ entity: ["z", "y"], entities: path }, buyer, signal)).toEqual(["z", "y", "b", "a", "b"]);
  await writeFile(path, Buffer.from([0x61, 0x0a, 0xff, 0x0a]));
  await expect(readEntities({ entities: path }, buyer, signal)).rejects.toThrow(new UsageError(`Line 2 of ${path} is not valid UTF-8.`));
  await rm(folder, { recursive: true });
});
