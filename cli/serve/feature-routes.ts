import type { Context, Hono } from "hono";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { adviseName, entityColumns, type FeatureSet, type Project } from "../../model/index.ts";
import { type AsOf, findFeatureSet, getFeatures, getFeaturesFile, MOST_ENTITIES, type OnlineRequest } from "../../queries/index.ts";
import { asOf, asOfText, misfit, moment } from "../questions/question-schemas.ts";
import { mediaTypeFor, MEDIA_TYPES, respond, type MediaType } from "./answer-formats.ts";
import { Refusal } from "./problem.ts";
import type { Asked } from "./question.ts";

/** Where features are asked for; the set's name stands below it. */
export const FEATURES_PATH = "/v1/features";
/** A thousand entities, of a kilobyte each. */
export const MAX_FEATURES_BYTES = 1024 * 1024;

const value = z.union([z.string(), z.number()]);

/** What is posted to a feature set. */
export const featuresQuestion = z.strictObject({
  entities: z
    .array(z.union([value, z.record(z.string(), z.union([value, z.boolean()]))]))
    .describe(`At most ${MOST_ENTITIES.toLocaleString("en")}; an entity of several parts is an object with each by its name`),
  at: moment.optional().describe("What was known then; default: now"),
  asOf: asOf.optional(),
});

/** What the address of a feature set may say besides the entity. */
export const FEATURES_PARAMETERS = {
  at: "What was known then: ISO 8601, in the project's zone unless it names its own; 2 hours ago; default: now",
  asOf: "A past state of the log: a time, a sequence, a watermark as JSON, or the name of a saved one",
} as const;

type Within = (context: Context, answer: (asked: Asked) => Promise<Response>) => Promise<Response>;

/** Adds `GET` for one entity and `POST` for many. @param readBody reads a question as its schema has it */
export function featureRoutes(app: Hono, within: Within, readBody: (context: Context, schema: z.ZodType) => Promise<unknown>): void {
  app.get(`${FEATURES_PATH}/:set`, (context) =>
    within(context, (asked) => {
      const set = setOf(asked.project, context.req.param("set"));
      return answer(context, asked, { ...ofAddress(set, context.req.query()), features: set });
    }),
  );
  app.post(`${FEATURES_PATH}/:set`, (context) =>
    within(context, async (asked) => {
      const features = setOf(asked.project, context.req.param("set"));
      const body = (await readBody(context, featuresQuestion)) as Omit<OnlineRequest, "features">;
      return answer(context, asked, { ...body, features });
    }),
  );
}

function setOf(project: Project, name: string): FeatureSet {
  try {
    return findFeatureSet(project, name);
  } catch (error) {
    throw new Refusal(404, error instanceof Error ? error.message : String(error));
  }
}

type Wanted = OnlineRequest & { readonly features: FeatureSet };

async function answer(context: Context, { clickhouse, project, serving }: Asked, request: Wanted): Promise<Response> {
  const type = mediaTypeFor(context.req.header("accept") ?? null, Object.keys(MEDIA_TYPES) as MediaType[]);
  const format = MEDIA_TYPES[type];
  if (format === "json") {
    const ready = serving?.get(request.features.name);
    const found = ready ? await ready.get(request, clickhouse) : await getFeatures(clickhouse, project, request);
    return respond({ json: () => found }, type);
  }
  const bytes = await buffer(await getFeaturesFile(clickhouse, project, request, format));
  return respond({ json: () => undefined, csv: () => bytes.toString("utf8"), arrow: () => Promise.resolve(bytes) }, type);
}

/** The request that an address makes: the parts of the entity by their names (one that is called like a parameter hides it), and the parameters. */
function ofAddress(set: FeatureSet, given: Readonly<Record<string, string>>): Omit<OnlineRequest, "features"> {
  const parts = entityColumns(set).map(({ name }) => name);
  const known = [...parts, ...Object.keys(FEATURES_PARAMETERS)];
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray !== undefined)
    throw new Refusal(
      400,
      `The address has "${stray}", which says nothing: ${adviseName(stray, known, `it may have ${known.join(", ")}.`)}`,
    );
  const entity = Object.fromEntries(parts.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
  const of = (name: keyof typeof FEATURES_PARAMETERS): string | undefined => (parts.includes(name) ? undefined : given[name]);
  const { data, error } = z.object({ asOf: asOfText.optional() }).safeParse({ asOf: of("asOf") });
  if (error) throw new Refusal(400, misfit(error, "The address"));
  const at = of("at");
  return { entities: [entity], ...(at === undefined ? {} : { at }), ...(data.asOf === undefined ? {} : { asOf: data.asOf as AsOf }) };
}
