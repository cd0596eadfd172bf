/** A fact, or why it is not known. */
export type Known<Value> = { readonly value: Value } | { readonly unknown: string };

/** Asks for a fact; an error is the reason why it is not known. */
export async function ask<Value>(question: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { value: await question() };
  } catch (error) {
    return { unknown: sentenceOf(error) };
  }
}

/** Asks something of a server that may be away: then why it is away is why nothing is known. */
export function askOf<Server, Value>(server: Known<Server>, question: (server: Server) => Promise<Value>): Promise<Known<Value>> {
  return "value" in server ? ask(() => question(server.value)) : Promise.resolve(server);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
