/**
 * Whether every message whose subject fits `subject` fits `pattern` too. Both may hold the wildcards of NATS: "*" for one token, ">" for one or more at the end.
 * @example covers("shop.>", "shop.orders.*") // true
 */
export function covers(pattern: string, subject: string): boolean {
  return coversTokens(pattern.split("."), subject.split("."));
}

function coversTokens(pattern: readonly string[], subject: readonly string[]): boolean {
  const [head, ...restOfPattern] = pattern;
  const [token, ...restOfSubject] = subject;
  if (head === undefined || token === undefined) return head === token;
  if (head === ">") return true;
  return (head === token || (head === "*" && token !== ">")) && coversTokens(restOfPattern, restOfSubject);
}
