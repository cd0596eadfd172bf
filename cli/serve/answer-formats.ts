import { parseAccept } from "hono/utils/accept";
import { Refusal } from "./problem.ts";

/** An answer in each format that it comes in: the bytes that the command writes. */
export interface Answer {
  readonly json: () => unknown;
  readonly csv?: () => string;
  readonly arrow?: () => Promise<Uint8Array>;
}

/** Media types, and the format of each. */
export const MEDIA_TYPES = {
  "application/json": "json",
  "text/csv": "csv",
  "application/vnd.apache.arrow.file": "arrow",
} as const;

/** A format by its media type. */
export type MediaType = keyof typeof MEDIA_TYPES;

/** Which of the formats an answer may have a request wants; JSON if it does not matter. @throws Refusal 406 */
export function mediaTypeFor(accept: string | null, offered: readonly MediaType[]): MediaType {
  const wanted = accept === null || accept.trim() === "" ? ["*/*"] : byPreference(accept);
  for (const range of wanted) {
    const first = offered.find((type) => range === type || range === "*/*" || range === `${type.split("/")[0]}/*`);
    if (first !== undefined) return first;
  }
  throw new Refusal(406, `The answer comes as ${offered.join(", ")}: name one of them in the header "Accept".`);
}

function byPreference(accept: string): string[] {
  return parseAccept(accept)
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
    .map(({ type }) => type.toLowerCase());
}

/** The response with an answer in a format. */
export async function respond(answer: Answer, type: MediaType): Promise<Response> {
  const headers = { "content-type": type === "text/csv" ? "text/csv; charset=utf-8; header=present" : type, "cache-control": "no-store" };
  if (MEDIA_TYPES[type] === "csv" && answer.csv) return new Response(answer.csv(), { headers });
  if (MEDIA_TYPES[type] === "arrow" && answer.arrow) return new Response(Buffer.from(await answer.arrow()), { headers });
  return new Response(`${JSON.stringify(answer.json())}\n`, { headers });
}
