import { isUtf8 } from "node:buffer";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { countDeadLetters, listDeadLetters, readDeadLetter } from "../../ingest/index.ts";
import {
  adHoc,
  entityHistory,
  ingestHealth,
  QueryError,
  type EntityHistoryRequest,
  type IngestHealthRequest,
} from "../../queries/index.ts";
import { timeRange } from "../questions/question-schemas.ts";
import type { Question } from "./question.ts";

const cursor = z.strictObject({
  time: z.string().regex(/^-?\d+$/),
  stream: z.string(),
  epoch: z.string().regex(/^\d+$/),
  seq: z.string().regex(/^\d+$/),
  idx: z.int(),
});
const states = z.enum(["open", "replayed", "discarded", "any"]);

/** Letters that one answer tells of, and bytes of a payload that it shows. */
const MOST_LETTERS = 200;
const MOST_PAYLOAD = 64 * 1024;

/** Questions about the log itself: what happened to an entity, what went in, what was set aside. */
export const LOG_QUESTIONS: Readonly<Record<string, Question>> = {
  history: {
    summary: "What happened to one entity, newest first",
    schema: z.strictObject({ entity: z.string(), limit: z.int().optional(), before: cursor.optional() }),
    rows: false,
    ask: async ({ clickhouse }, body) => {
      const answer = await entityHistory(clickhouse, body as EntityHistoryRequest);
      return { json: () => answer };
    },
  },
  "ingest-health": {
    summary: "What was ingested when, how fresh it was, and whether the ledger balances",
    schema: z.strictObject(timeRange),
    rows: false,
    ask: async ({ clickhouse, project }, body) => {
      const answer = await ingestHealth(clickhouse, project, body as IngestHealthRequest);
      return { json: () => answer };
    },
  },
  "dead-letters": {
    summary: "What was set aside, by reason, and the newest letters",
    schema: z.strictObject({ state: states.optional(), stream: z.string().optional(), reason: z.string().optional() }),
    rows: false,
    ask: async ({ clickhouse }, body) => {
      const { reason, state, stream } = body as { state?: z.infer<typeof states>; stream?: string; reason?: string };
      const filter = {
        ...(state ? { state } : {}),
        ...(stream === undefined ? {} : { stream }),
        ...(reason === undefined ? {} : { reason }),
      };
      const [groups, letters] = await Promise.all([
        countDeadLetters(clickhouse, { filter, limit: MOST_LETTERS }),
        listDeadLetters(clickhouse, { filter, limit: MOST_LETTERS }),
      ]);
      return { json: () => ({ groups, letters }) };
    },
  },
  "dead-letter": {
    summary: "One message that was set aside, with its bytes",
    schema: z.strictObject({ stream: z.string(), seq: z.int(), epoch: z.int().optional() }),
    rows: false,
    ask: async ({ clickhouse }, body) => {
      const position = body as { stream: string; seq: number; epoch?: number };
      const found = await readDeadLetter(clickhouse, position);
      if (!found) throw new QueryError(`No dead letter of stream "${position.stream}" has sequence ${position.seq}.`);
      const { payload, ...letter } = found;
      return { json: () => ({ ...letter, bytes: payload.length, payload: shown(payload) }) };
    },
  },
};

/** The beginning of a payload: as text if it is one, else in base64. */
function shown(payload: Buffer): { readonly encoding: "utf8" | "base64"; readonly text: string; readonly cut: boolean } {
  const encoding = isUtf8(payload) ? "utf8" : "base64";
  return { encoding, text: payload.subarray(0, MOST_PAYLOAD).toString(encoding), cut: payload.length > MOST_PAYLOAD };
}

/** Rows, bytes and seconds of an answer to SQL: what a page can show. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 8 * 2 ** 20;
const MOST_SECONDS = 30;

/** SQL of the caller's own, which the server may be told not to take. */
export const SQL_QUESTION: Question = {
  summary: `One statement that only reads: at most ${MOST_ROWS.toLocaleString("en")} rows and ${MOST_SECONDS} s`,
  schema: z.strictObject({
    sql: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  }),
  rows: false,
  ask: async ({ clickhouse }, body) => {
    const { params, sql } = body as { sql: string; params?: Record<string, unknown> };
    const limits = { maxRows: MOST_ROWS, maxBytes: MOST_BYTES, maxSeconds: MOST_SECONDS };
    const bytes = await adHoc(clickhouse, { sql, format: "JSONCompact", ...limits, ...(params ? { params } : {}) });
    const { data, meta, statistics } = JSON.parse(await text(bytes)) as { meta: unknown; data: unknown; statistics: unknown };
    return { json: () => ({ columns: meta, rows: data, statistics }) };
  },
};
