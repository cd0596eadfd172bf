import { createHash, timingSafeEqual } from "node:crypto";
import { Refusal } from "./problem.ts";

/**
 * Checks who asks. With a token: that it is the bearer's, in a time that tells nothing about it. Without one the server listens on this machine alone; then the Host must name it, so that no
 * page in a browser reaches the server by a name that resolves to it.
 * @throws Refusal 401 or 403
 */
export function authorize({ headers }: Request, token: string | undefined): void {
  if (token === undefined) {
    if (!isLoopback(hostName(headers.get("host") ?? "")))
      throw new Refusal(403, "Without a token the server answers only to 127.0.0.1 and localhost.");
    return;
  }
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new Refusal(401, 'The request needs the header "Authorization: Bearer …" with the token of the server.', {
      "www-authenticate": "Bearer",
    });
  }
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function hostName(header: string): string {
  return header
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

/** Of one length, whatever the text's: lengths are compared too. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
