import { entityColumns, type FeatureSet, type Project } from "../../model/index.ts";
import type { OnlineEntity } from "../../queries/index.ts";
import { UsageError } from "../errors.ts";
import { openLines } from "./read-lines.ts";

/** Says what `--entity` takes. */
export const ENTITY_HELP = 'the entity, e.g. user-7; one of several parts as "buyer=ann,shop=3", or as JSON';

/**
 * Reads an entity as the command line has it: text as it is where an entity is one value; parts as `name=value` separated by commas where it has several; or either as a JSON object.
 * @throws UsageError if it is none of that
 */
export function parseEntity(text: string, set: Pick<FeatureSet, "entity">): OnlineEntity {
  const names = entityColumns(set).map(({ name }) => name);
  if (text.startsWith("{")) return parseObject(text);
  if (names.length === 1) return text;
  const pairs = text.split(",").map((pair): [string, string] => {
    const [name = "", ...value] = pair.split("=");
    return [name.trim(), value.join("=")];
  });
  const bare = pairs.find(([, value]) => value === "");
  if (bare)
    throw new UsageError(
      `The entity "${text}" does not say its parts: write ${names.map((name) => `${name}=…`).join(",")}, or JSON such as {"${names[0] ?? ""}":"…"}.`,
    );
  return Object.fromEntries(pairs);
}

function parseObject(text: string): OnlineEntity {
  try {
    return JSON.parse(text) as OnlineEntity;
  } catch {
    throw new UsageError(`The entity ${text.slice(0, 80)} is no JSON.`);
  }
}

/**
 * The entities of `--entity` and of the lines of `--entities`, in this order; empty lines are left out.
 * @param path a file, or "-" for standard input
 */
export async function readEntities(
  { entities: path, entity = [] }: { readonly entity?: readonly string[]; readonly entities?: string },
  set: Pick<FeatureSet, "entity">,
  signal: AbortSignal,
): Promise<readonly OnlineEntity[]> {
  const texts = [...entity];
  if (path !== undefined) {
    for await (const { bytes, number, problem } of openLines(path, signal).lines) {
      if (problem !== undefined) throw new UsageError(`Line ${number} of ${path} is ${problem}.`);
      if (bytes.length > 0) texts.push(bytes.toString("utf8"));
    }
  }
  return texts.map((text) => parseEntity(text, set));
}

/** The set that entities are read for; of one that there is not the query tells. */
export function setNamed({ features }: Project, name: string): Pick<FeatureSet, "entity"> {
  return features.find((set) => set.name === name) ?? { entity: "subject" };
}
