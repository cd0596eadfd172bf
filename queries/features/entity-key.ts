/**
 * One text for an entity: its only part as it is, or several, each with its length in front, so that no two entities have the same text whatever their parts hold (("1", "23") and ("12", "3")).
 * @param parts SQL expressions of text; null makes the key null
 */
export function entityKey(parts: readonly string[]): string {
  const [only = "NULL", ...others] = parts;
  if (others.length === 0) return only;
  return `concat(${parts.flatMap((part) => [`toString(length(${part}))`, "':'", part]).join(", ")})`;
}
