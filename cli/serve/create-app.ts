import { Hono, type Context, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { authorize } from "./authorize.ts";
import { mediaTypeFor, MEDIA_TYPES, respond, type MediaType } from "./answer-formats.ts";
import { featureRoutes, FEATURES_PATH, MAX_FEATURES_BYTES } from "./feature-routes.ts";
import { limitedClickHouse } from "./limited-clickhouse.ts";
import { openApi } from "./open-api.ts";
import { misfit } from "../questions/question-schemas.ts";
import { problem, Refusal } from "./problem.ts";
import { SQL_QUESTION } from "./log-questions.ts";
import { pageRoutes, type PageFile } from "./page.ts";
import type { Asked, Question } from "./question.ts";
import { QUESTIONS } from "./questions.ts";
import { READINGS, type Reading } from "./readings.ts";
import { answerSaved } from "./saved-queries.ts";

/** What the API answers from, and within which limits. */
export interface AppOptions extends Asked {
  readonly lanes: Parameters<Reading["read"]>[0]["lanes"];
  /** Whether callers may ask in SQL of their own. */
  readonly sql: boolean;
  /** The page for people, if it is served too. */
  readonly page: readonly PageFile[];
  /** Undefined = whoever is on this machine may ask. */
  readonly token: string | undefined;
  /** Questions that are answered at the same time; one more is told to come back. */
  readonly maxConcurrent: number;
  /** An answer that takes longer is given up, and its query killed. */
  readonly maxSeconds: number;
  /** Told of errors that are nobody's but ours. */
  readonly onUnexpected: (error: unknown) => void;
}

/** A question is a page of text at most. */
const MAX_BODY_BYTES = 64 * 1024;

/** The HTTP API. Errors are `application/problem+json`. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  app.onError((error) => {
    const response = problem(error);
    if (response.status === 500) options.onUnexpected(error);
    return response;
  });
  app.notFound(() => problem(new Refusal(404, "There is no such path: /openapi.json tells which there are.")));
  app.get("/livez", (context) => context.json({ ok: true }));
  // Before the token is asked for: the page holds no data, and asks people for the token.
  pageRoutes(app, options.page);
  app.use(async (context, next) => {
    authorize(context.req.raw, options.token);
    await next();
  });
  app.use(bodyLimits());
  const questions = options.sql ? { ...QUESTIONS, sql: SQL_QUESTION } : QUESTIONS;
  app.get("/openapi.json", (context) => context.json(openApi(options.project, questions, options.token !== undefined)));
  const within = limits(options);
  for (const [name, question] of Object.entries(questions)) {
    app.post(`/v1/${name}`, (context) => within(context, (asked) => answerQuestion(context, question, asked)));
    app.all(`/v1/${name}`, () => problem(new Refusal(405, "A question is posted, as JSON.", { allow: "POST" })));
  }
  app.get("/v1/queries/:name", (context) =>
    within(context, async (asked) => {
      const type = mediaTypeFor(context.req.header("accept") ?? null, Object.keys(MEDIA_TYPES) as MediaType[]);
      return respond(await answerSaved(asked, context.req.param("name"), context.req.query()), type);
    }),
  );
  featureRoutes(app, within, readBody);
  for (const [name, reading] of Object.entries(READINGS)) {
    app.get(`/v1/${name}`, (context) =>
      within(context, async (asked) => {
        const told = await reading.read({ ...asked, lanes: options.lanes });
        return respond({ json: () => told }, "application/json");
      }),
    );
  }
  return app;
}

function atMost(maxSize: number): MiddlewareHandler {
  return bodyLimit({ maxSize, onError: () => problem(new Refusal(413, `A question has at most ${maxSize} bytes.`)) });
}

/** Refuses questions that are too long; a list of entities may be longer than another. */
function bodyLimits(): MiddlewareHandler {
  const [plain, entities] = [atMost(MAX_BODY_BYTES), atMost(MAX_FEATURES_BYTES)];
  return (context, next) => (context.req.path.startsWith(`${FEATURES_PATH}/`) ? entities : plain)(context, next);
}

type Within = (context: Context, answer: (asked: Asked) => Promise<Response>) => Promise<Response>;

/** Answers within the limits: so many at a time, each within its time and only while the client is there. */
function limits({ clickhouse, maxConcurrent, maxSeconds, ...rest }: AppOptions): Within {
  let underWay = 0;
  return async (context, answer) => {
    if (underWay >= maxConcurrent)
      throw new Refusal(503, `${maxConcurrent} questions are being answered already: ask again in a moment.`, { "retry-after": "1" });
    underWay += 1;
    const time = AbortSignal.timeout(maxSeconds * 1_000);
    const signal = AbortSignal.any([time, context.req.raw.signal]);
    try {
      return await answer({ ...rest, clickhouse: limitedClickHouse(clickhouse, maxSeconds, signal) });
    } catch (error) {
      if (time.aborted)
        throw new Refusal(
          504,
          `There was no answer within ${maxSeconds} s: ask for a shorter range, or allow the server more with --max-seconds.`,
        );
      if (signal.aborted) throw new Refusal(499, "The client left.");
      throw error;
    } finally {
      underWay -= 1;
    }
  };
}

async function answerQuestion(context: Context, question: Question, asked: Asked): Promise<Response> {
  // Before anything is computed: an answer that cannot be sent need not be found.
  const offered = question.rows ? (Object.keys(MEDIA_TYPES) as MediaType[]) : (["application/json"] as const);
  const type = mediaTypeFor(context.req.header("accept") ?? null, offered);
  const body = await readBody(context, question.schema);
  return respond(await question.ask(asked, body), type);
}

/** @throws Refusal 415 if it is no JSON by its type, which keeps out forms of foreign pages; 400 if it does not fit the schema */
async function readBody({ req }: Context, schema: z.ZodType): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(req.header("content-type") ?? ""))
    throw new Refusal(415, 'A question is JSON: send it with the header "Content-Type: application/json".');
  const text = await req.text();
  const { data, error } = schema.safeParse(parseJson(text));
  if (!error) return data;
  throw new Refusal(400, misfit(error, "The question"));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "The question is no JSON.");
  }
}
