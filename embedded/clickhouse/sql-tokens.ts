/** One token of a SQL text; whitespace and comments are left out. */
export interface SqlToken {
  readonly kind: "word" | "number" | "string" | "identifier" | "symbol";
  /** The token as written, quotes included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many round brackets are open around it. */
  readonly depth: number;
}

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /\d[\w.]*/y;
const skipped = /(?:[\s\0]+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y;
const heredoc = /\$(\w*)\$/y;

/**
 * Reads ClickHouse SQL token by token, as far as the caller asks: an INSERT's data, which may be binary, is never looked at.
 * Follows ClickHouse's src/Parsers/Lexer.cpp where it matters for finding clauses: quotes, comments, heredocs, brackets.
 * Give it `latin1` text if offsets are to be bytes.
 */
export function* sqlTokens(sql: string): Generator<SqlToken, void, undefined> {
  let at = 0;
  let depth = 0;
  while (at < sql.length) {
    at += matchLength(skipped, sql, at);
    if (at >= sql.length) return;
    const first = sql[at] ?? "";
    const [kind, length] = nextToken(sql, at, first);
    if (first === ")" && depth > 0) depth--;
    yield { kind, text: sql.slice(at, at + length), start: at, end: at + length, depth };
    if (first === "(") depth++;
    at += length;
  }
}

function nextToken(sql: string, at: number, first: string): [SqlToken["kind"], number] {
  if (first === "'" || first === '"' || first === "`") return [first === "'" ? "string" : "identifier", quotedLength(sql, at, first)];
  if (first === "$") {
    const open = matchLength(heredoc, sql, at);
    const close = open > 0 ? sql.indexOf(sql.slice(at, at + open), at + open) : -1;
    if (close > 0) return ["string", close + open - at];
  }
  const asWord = matchLength(word, sql, at);
  if (asWord > 0) return ["word", asWord];
  const asNumber = matchLength(number, sql, at);
  return asNumber > 0 ? ["number", asNumber] : ["symbol", 1];
}

/** Length of a quoted text, quotes included; to the end of the SQL if it is not closed. By hand, because a pattern runs out of stack in a literal of some MB. */
function quotedLength(sql: string, at: number, quote: string): number {
  for (let end = at + 1; end < sql.length; end += 1) {
    if (sql[end] === "\\") end += 1;
    else if (sql[end] === quote) {
      if (sql[end + 1] !== quote) return end + 1 - at;
      end += 1;
    }
  }
  return sql.length - at;
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Is this token the given keyword? ClickHouse keywords are case-insensitive. */
export function isKeyword(token: SqlToken | undefined, keyword: string): boolean {
  return token?.kind === "word" && token.text.toUpperCase() === keyword;
}
