import type { Passwords } from "./authentication.ts";

/** What the parent sends to the server process as its first message: passwords never appear in a command line. */
export interface ServerProcessOptions extends Passwords {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What the server process answers, once. */
export type ServerProcessMessage =
  { readonly kind: "listening"; readonly port: number } | { readonly kind: "failed"; readonly message: string };
