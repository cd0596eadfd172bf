import type { EventDefinition, FieldType, Project } from "../../model/index.ts";
import type { DimensionValue, EventSelector, FieldCondition, Filter } from "../../queries/index.ts";
import { UsageError } from "../errors.ts";
import { fieldType, typedValue } from "./typed-value.ts";

/** A word, a quoted text, a sign. */
interface Token {
  readonly kind: "word" | "text" | "sign";
  readonly text: string;
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(>=|<=|!=|[=<>(),])|([^\s"()=<>!,]+))/y;
const BOUNDS: Readonly<Record<string, "gte" | "gt" | "lte" | "lt">> = { ">=": "gte", ">": "gt", "<=": "lte", "<": "lt" };

/**
 * Reads an event as the command line names it: its type, and conditions on its fields if wanted: `order.placed where amount >= 10 and country in (DE, AT)`. Values are typed as their field is; what does
 * not fit stays text, and the question says what it should be. `null` stands for a missing field; quotes make anything text.
 * @throws UsageError if it does not read so
 */
export function parseEventSelector(project: Project, text: string): EventSelector {
  const [, event = "", rest = ""] = /^\s*(\S+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  if (rest.trim() === "") return event;
  const definition = project.events.find(({ type }) => type === event);
  const reader = new Reader(text, tokensOf(text, rest), definition);
  reader.expect("where");
  const where: Record<string, Filter[string]> = {};
  do {
    const { field, condition } = reader.condition();
    where[field] = Object.hasOwn(where, field) ? both(text, field, where[field], condition) : condition;
  } while (reader.next("and"));
  reader.end();
  return { event, where };
}

/** Bounds of one field, and what it is not, are one condition; anything else about it can only be said once. */
function both(text: string, field: string, first: Filter[string] | undefined, second: Filter[string]): FieldCondition {
  if (isCondition(first) && isCondition(second) && Object.keys(second).every((name) => !Object.hasOwn(first, name)))
    return { ...first, ...second };
  throw new UsageError(`"${text}" names the field ${field} twice: use "in (…)" for several values.`);
}

function isCondition(condition: Filter[string] | undefined): condition is FieldCondition {
  return typeof condition === "object" && condition !== null && !Array.isArray(condition);
}

function tokensOf(whole: string, text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new UsageError(`"${whole}" cannot be read from ${text.slice(at).trim()} on: ${EXAMPLE}`);
    const [, quoted, sign, word] = match;
    if (quoted !== undefined) tokens.push({ kind: "text", text: unquote(whole, quoted) });
    else tokens.push(sign === undefined ? { kind: "word", text: word ?? "" } : { kind: "sign", text: sign });
  }
  return tokens;
}

function unquote(whole: string, quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new UsageError(`"${whole}" has a text that cannot be read, ${quoted}: within quotes, write \\" and \\\\ for " and \\.`);
  }
}

const EXAMPLE = 'write it like "order.placed where amount >= 10 and country in (DE, AT)".';

/** Reads tokens one after the other. */
class Reader {
  #at = 0;
  readonly #whole: string;
  readonly #tokens: readonly Token[];
  readonly #definition: EventDefinition | undefined;

  constructor(whole: string, tokens: readonly Token[], definition: EventDefinition | undefined) {
    this.#whole = whole;
    this.#tokens = tokens;
    this.#definition = definition;
  }

  /** Takes the next token if it is this word or sign. */
  next(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === "text" || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.next(text)) throw this.#fault(`"${text}"`);
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#fault('"and" or the end');
  }

  condition(): { readonly field: string; readonly condition: Filter[string] } {
    const field = this.#take("a field").text;
    if (this.next("in")) return { field, condition: this.#list(field) };
    if (this.next("not")) {
      this.expect("in");
      return { field, condition: { not: this.#list(field) } };
    }
    const sign = this.#take("a sign such as = or >=").text;
    if (sign === "=") return { field, condition: this.#value(field) };
    if (sign === "!=") return { field, condition: { not: this.#value(field) } };
    const bound = BOUNDS[sign];
    if (bound === undefined) throw new UsageError(`"${this.#whole}" compares ${field} with ${sign}: there are =, !=, >=, >, <=, < and in.`);
    return { field, condition: { [bound]: this.#bound(field) } };
  }

  #list(field: string): DimensionValue[] {
    this.expect("(");
    const values = [this.#value(field)];
    while (this.next(",")) values.push(this.#value(field));
    this.expect(")");
    return values;
  }

  #value(field: string): DimensionValue {
    const { kind, text } = this.#take("a value");
    if (kind === "text") return text;
    if (text === "null") return null;
    return typedValue(this.#type(field), text);
  }

  #bound(field: string): number | string {
    const { text } = this.#take("a number");
    if (text.trim() === "" || !Number.isFinite(Number(text)))
      throw new UsageError(`"${this.#whole}" compares ${field} with "${text}", which is no number.`);
    const value = typedValue(this.#type(field), text);
    return this.#type(field) === "integer" && typeof value === "string" ? value : Number(text);
  }

  #type(field: string): FieldType | undefined {
    return this.#definition && fieldType([this.#definition], field);
  }

  #take(what: string): Token {
    const token = this.#tokens[this.#at];
    if (!token) throw this.#fault(what);
    this.#at += 1;
    return token;
  }

  #fault(wanted: string): UsageError {
    const got = this.#tokens[this.#at]?.text;
    return new UsageError(`"${this.#whole}" has ${got === undefined ? "nothing" : `"${got}"`} where ${wanted} should be: ${EXAMPLE}`);
  }
}
