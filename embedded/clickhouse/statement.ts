import { isKeyword, sqlTokens } from "./sql-tokens.ts";
import type { SqlToken } from "./sql-tokens.ts";

/** What the endpoint must know about a statement before it hands it to the engine. Offsets are those of the text given. */
export type Statement =
  /** Returns rows: the result goes to the client in `format`, or the request's default format. */
  | { readonly kind: "rows"; readonly end: number; readonly format?: string; readonly outputAt: number; readonly keyword: string }
  /** `INSERT … FORMAT x` or `VALUES` with the data following at `dataAt`. `infileAt` is where FROM INFILE belongs; `input` is a call of `input(…)`, which is to be replaced. */
  | {
      readonly kind: "insert-data";
      readonly format: string;
      readonly infileAt: number;
      readonly headEnd: number;
      readonly dataAt: number;
      readonly input?: { readonly start: number; readonly end: number; readonly structure: string };
    }
  /** Everything else: DDL, `INSERT … SELECT`, SET, SYSTEM … */
  | { readonly kind: "command"; readonly end: number; readonly keyword: string }
  | { readonly kind: "refused"; readonly code: number; readonly name: string; readonly reason: string }
  | { readonly kind: "empty" };

const returnsRows = new Set(["SELECT", "WITH", "FROM", "SHOW", "DESC", "DESCRIBE", "EXPLAIN", "EXISTS", "CHECK", "KILL", "(", "VALUES"]);

/** Reads the head of a request's SQL. `sql` may be cut off inside an INSERT's data, but not before it. */
export function readStatement(sql: string): Statement {
  const tokens: SqlToken[] = [];
  let insert = false;
  for (const token of sqlTokens(sql)) {
    tokens.push(token);
    if (token.depth > 0) continue;
    if (isKeyword(token, "INSERT") && isStatementStart(tokens)) insert = true;
    if (!insert) continue;
    const data = insertData(sql, tokens);
    if (data) return data;
  }
  return wholeStatement(tokens, insert);
}

/** INSERT may be the first word or follow the CTEs of a leading WITH, but is a plain name anywhere else. */
function isStatementStart(tokens: readonly SqlToken[]): boolean {
  if (tokens.length === 1) return true;
  return isKeyword(tokens[0], "WITH") && !tokens.some((token) => token.depth === 0 && isKeyword(token, "SELECT"));
}

function insertData(sql: string, tokens: readonly SqlToken[]): Statement | undefined {
  const last = tokens.at(-1);
  const before = tokens.at(-2);
  if (!last || tokens.length < 3) return undefined;
  const selects = tokens.some((token) => token.depth === 0 && isKeyword(token, "SELECT"));
  if (isKeyword(last, "INFILE"))
    return refused(48, "NOT_IMPLEMENTED", "FROM INFILE reads files of the client, and over HTTP the data comes in the request body");
  if (!selects && isKeyword(last, "VALUES") && !isKeyword(before, "INTO") && !isKeyword(before, "FORMAT"))
    return dataAfter(sql, tokens, last, last, "Values");
  const input = selects ? inputCall(tokens) : undefined;
  if (isKeyword(before, "FORMAT") && last.kind === "word" && before && (!selects || input))
    return dataAfter(sql, tokens, before, last, last.text, input);
  return undefined;
}

/** Data starts after spaces and at most one line break, as in ClickHouse's ParserInsertQuery. */
function dataAfter(
  sql: string,
  tokens: readonly SqlToken[],
  clause: SqlToken,
  last: SqlToken,
  format: string,
  input?: InputCall,
): Statement {
  const gap = /[ \t\f]*\r?\n?/y;
  gap.lastIndex = last.end;
  const dataAt = last.end + (gap.exec(sql)?.[0].length ?? 0);
  const settings = tokens.find((token) => token.depth === 0 && isKeyword(token, "SETTINGS"));
  const infileAt = settings?.start ?? clause.start;
  return { kind: "insert-data", format, infileAt, headEnd: clause.start, dataAt, ...(input ? { input } : {}) };
}

interface InputCall {
  readonly start: number;
  readonly end: number;
  readonly structure: string;
}

/** Finds `input('structure')`, the table function that stands for the data of the request. */
function inputCall(tokens: readonly SqlToken[]): InputCall | undefined {
  for (const [index, token] of tokens.entries()) {
    const [open, structure, close] = tokens.slice(index + 1, index + 4);
    if (isKeyword(token, "INPUT") && open?.text === "(" && structure?.kind === "string" && close?.text === ")")
      return { start: token.start, end: close.end, structure: structure.text };
  }
  return undefined;
}

function wholeStatement(all: readonly SqlToken[], insert: boolean): Statement {
  const semicolon = all.findIndex((token) => token.text === ";");
  const tokens = semicolon < 0 ? all : all.slice(0, semicolon);
  const first = tokens[0];
  const last = tokens.at(-1);
  if (!first || !last) return { kind: "empty" };
  const extra = all.slice(tokens.length).find((token) => token.text !== ";");
  if (extra) return refused(62, "SYNTAX_ERROR", `Syntax error (Multi-statements are not allowed): failed at position ${last.end + 1} (;)`);
  if (tokens.some((token, index) => isKeyword(token, "OUTFILE") && isKeyword(tokens[index - 1], "INTO")))
    return refused(358, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed");
  const keyword = first.text.toUpperCase();
  if (insert || !returnsRows.has(keyword)) return { kind: "command", end: last.end, keyword: insert ? "INSERT" : keyword };
  return { kind: "rows", end: last.end, keyword, ...outputFormat(tokens, last) };
}

/** The trailing `FORMAT x [SETTINGS …]`: an INTO OUTFILE clause goes before it, else to the end. */
function outputFormat(tokens: readonly SqlToken[], last: SqlToken): { format?: string; outputAt: number } {
  const at = tokens.findLastIndex((token, index) => {
    const [name, next] = [tokens[index + 1], tokens[index + 2]];
    const closes = name === last || (isKeyword(next, "SETTINGS") && next?.depth === 0);
    return token.depth === 0 && isKeyword(token, "FORMAT") && name?.kind === "word" && closes && tokens[index - 1]?.text !== ".";
  });
  const clause = tokens[at];
  const format = tokens[at + 1]?.text;
  return at > 0 && clause && format !== undefined ? { format, outputAt: clause.start } : { outputAt: last.end };
}

function refused(code: number, name: string, reason: string): Statement {
  return { kind: "refused", code, name, reason };
}
