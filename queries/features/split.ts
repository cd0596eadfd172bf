import { extname } from "node:path";
import { QueryError } from "../query-error.ts";
import { resolveMoment } from "../resolve-moment.ts";
import { resolvePresent } from "../resolve-range.ts";
import { showMoment } from "./show-moment.ts";

/**
 * How rows are told apart for training and test: `time:2026-10-01` (rows from then on are the test's), or `entity:20%` (a fifth of the entities are, chosen by a hash of theirs, so that
 * an entity is always on the same side).
 */
export type Split = `time:${string}` | `entity:${string}`;

/** A file of a training set, and which of the spine's rows it holds. */
export interface TrainingPart {
  readonly out: string;
  /** Condition over the columns of a spine. */
  readonly condition: string;
  readonly split?: { readonly rule: string; readonly part: "train" | "test" };
}

/** Hashes are told apart by their remainder: shares are exact to a millionth. */
const MILLION = 1_000_000;

/** The two files of a split set: `train.parquet` becomes `train.train.parquet` and `train.test.parquet`. @throws QueryError if the rule is none */
export function splitParts(out: string, split: string): readonly TrainingPart[] {
  const extension = extname(out);
  const named = (part: string): string => `${out.slice(0, out.length - extension.length)}.${part}${extension}`;
  return (["train", "test"] as const).map((part) => partOf(named(part), split, part));
}

/** One of them. @throws QueryError if the rule is none */
export function partOf(out: string, split: string, part: "train" | "test"): TrainingPart {
  const { isTest, rule } = readRule(split);
  return { out, condition: part === "test" ? isTest : `NOT (${isTest})`, split: { rule, part } };
}

function readRule(split: string): { readonly rule: string; readonly isTest: string } {
  const [, kind, value = ""] = /^(time|entity):(.+)$/.exec(split) ?? [];
  if (kind === "time") {
    const micros = resolveMoment(value, "split", resolvePresent("UTC", undefined));
    return { rule: `time:${showMoment(micros)}`, isTest: `toUnixTimestamp64Micro(spine_time) >= ${micros}` };
  }
  const percent = kind === "entity" ? /^(\d{1,2}(?:\.\d{1,4})?)%$/.exec(value)?.[1] : undefined;
  const share = Math.round((Number(percent) / 100) * MILLION);
  if (percent === undefined || share === 0)
    throw new QueryError(`"${split}" is no split: write "time:2026-10-01" or "entity:20%", which say what the test set gets.`);
  return { rule: `entity:${Number(percent)}%`, isTest: `sipHash64(spine_entity) % ${MILLION} < ${share}` };
}
