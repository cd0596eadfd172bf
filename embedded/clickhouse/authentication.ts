import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { EngineError } from "./engine-error.ts";
import { header, requestUrl } from "./request.ts";

/** Passwords of the endpoint's users. */
export interface Passwords {
  /** Of user `default`; empty or absent means that none is asked for. */
  readonly password?: string;
  /** Creates the user `readonly`, who may only read. */
  readonly readonlyPassword?: string;
}

/** Who sends a request: `default` may do everything, `readonly` may read. */
export type EndpointUser = "default" | "readonly";

/**
 * Checks the credentials of a request: HTTP Basic, `X-ClickHouse-User` and `X-ClickHouse-Key`, or `user` and `password` in the URL.
 *
 * @throws EngineError 516 for a wrong password and an unknown user alike
 */
export function authenticate(message: IncomingMessage, passwords: Passwords): EndpointUser {
  const { user, password } = credentials(message);
  const expected = user === "default" ? (passwords.password ?? "") : user === "readonly" ? passwords.readonlyPassword : undefined;
  if (expected === undefined || !equal(password, expected)) {
    throw new EngineError(
      516,
      "AUTHENTICATION_FAILED",
      `${user}: Authentication failed: password is incorrect, or there is no user with such name`,
    );
  }
  return user === "default" ? "default" : "readonly";
}

function credentials(message: IncomingMessage): { user: string; password: string } {
  const basic = /^Basic (.+)$/i.exec(message.headers.authorization ?? "")?.[1];
  if (basic !== undefined) {
    const [user = "", ...rest] = Buffer.from(basic, "base64").toString("utf8").split(":");
    return { user: user || "default", password: rest.join(":") };
  }
  const params = requestUrl(message).searchParams;
  return {
    user: header(message, "x-clickhouse-user") || params.get("user") || "default",
    password: header(message, "x-clickhouse-key") || params.get("password") || "",
  };
}

/** In constant time: the comparison tells nothing about where two passwords differ. */
function equal(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((secret) => createHash("sha256").update(secret).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
