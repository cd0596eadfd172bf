import { UsageError } from "../errors.ts";

/** Reads flags of the form `name=value`; the value may hold "=" too. @throws UsageError naming the flag and what it got */
export function parsePairs(flag: string, texts: readonly string[] | undefined): readonly (readonly [name: string, value: string])[] {
  return (texts ?? []).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`${flag}: "${text}" must be name=value, as in ${flag} country=DE.`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
}
