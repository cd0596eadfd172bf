import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Watermark } from "../../model/index.ts";
import { UsageError } from "../errors.ts";

const watermark = z.record(z.string(), z.strictObject({ epoch: z.int().nonnegative(), seq: z.int().nonnegative() }));
/** What holds a watermark: a trend's answer, a training set's manifest, or the watermark itself. */
const holder = z.union([z.object({ asOf: watermark }), z.object({ watermark }), watermark]);

/**
 * Reads `--as-of`: a JSON file that a command wrote (a trend's answer or a manifest), or the watermark itself as JSON,
 * `{"SHOP":{"epoch":1764000000000000,"seq":1200}}`.
 * @throws UsageError if it is neither
 */
export async function parseWatermark(text: string): Promise<Watermark> {
  const json = text.trimStart().startsWith("{") ? text : await readFile(text, "utf8").catch(() => undefined);
  if (json === undefined) throw new UsageError(`--as-of: there is no file "${text}".`);
  const parsed = holder.safeParse(parseJson(json));
  if (!parsed.success) {
    throw new UsageError(
      '--as-of takes the JSON of a trend\'s answer, a manifest, or a watermark such as {"SHOP":{"epoch":1764000000000000,"seq":1200}}.',
    );
  }
  const value = parsed.data as { asOf?: Watermark; watermark?: Watermark };
  return value.asOf ?? value.watermark ?? (parsed.data as Watermark);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
