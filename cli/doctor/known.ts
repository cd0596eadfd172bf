/** A fact, or why it is not known. */
export type Known<Value> = { readonly value: Value } | { readonly unknown: string };

/** Asks for a fact; an error is the reason why it is not known, unless it is of a kind that is to be thrown. */
export async function ask<Value>(question: () => Promise<Value>, thrown?: new (message: string) => Error): Promise<Known<Value>> {
  try {
    return { value: await question() };
  } catch (error) {
    if (thrown && error instanceof thrown) throw error;
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks something of a server that may be away: then why it is away is why nothing is known. */
export function askOf<Server, Value>(server: Known<Server>, question: (server: Server) => Promise<Value>): Promise<Known<Value>> {
  return "value" in server ? ask(() => question(server.value)) : Promise.resolve(server);
}
