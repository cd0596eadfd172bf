import { z } from "zod";
import { describeFeatures, entityColumns, type FeatureSet, type Project, type SavedQuery } from "../../model/index.ts";
import { VERSION } from "../version.ts";
import { MEDIA_TYPES } from "./answer-formats.ts";
import { featuresQuestion, FEATURES_PARAMETERS, FEATURES_PATH } from "./feature-routes.ts";
import type { Question } from "./question.ts";
import { READINGS } from "./readings.ts";
import { QUERY_PARAMETERS } from "./saved-queries.ts";

const PROBLEM = {
  description: "Why there is no answer, as a sentence (RFC 9457)",
  content: {
    "application/problem+json": {
      schema: {
        type: "object",
        properties: { type: { type: "string" }, title: { type: "string" }, status: { type: "integer" }, detail: { type: "string" } },
        required: ["type", "title", "status", "detail"],
      },
    },
  },
};

/** The OpenAPI 3.1 document of a project: what may be asked, from the schemas that the requests are checked with. */
export function openApi(
  { features, name: project, queries }: Project,
  asked: Readonly<Record<string, Question>>,
  protectedByToken: boolean,
): Record<string, unknown> {
  const questions = Object.entries(asked).map(([name, question]) => [`/v1/${name}`, { post: questionOperation(name, question) }]);
  const readings = Object.entries(READINGS).map(([name, { summary }]) => [
    `/v1/${name}`,
    {
      get: {
        operationId: name,
        summary,
        responses: { 200: answerIn(["application/json"]), default: PROBLEM },
      },
    },
  ]);
  return {
    openapi: "3.1.0",
    info: { title: `hydrograph: ${project}`, version: VERSION },
    paths: Object.fromEntries([...questions, ...readings, ...queries.map(savedOperation), ...features.map(featuresOperation)]),
    ...(protectedByToken
      ? { components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } }, security: [{ token: [] }] }
      : {}),
  };
}

/** One feature set: what its rows hold is said by name and type. */
function featuresOperation(set: FeatureSet): [path: string, item: unknown] {
  const path = `${FEATURES_PATH}/${set.name}`;
  const types = { integer: { type: "integer" }, number: { type: ["number", "null"] }, text: { type: ["string", "null"] } } as const;
  const parts = entityColumns(set).map(({ name }) => name);
  const parameters = [
    ...parts.map((name) => ({
      name,
      in: "query",
      required: true,
      description: "The entity, or this part of it",
      schema: { type: "string" },
    })),
    ...queryParameters(Object.entries(FEATURES_PARAMETERS).filter(([name]) => !parts.includes(name))),
  ];
  const row = {
    type: "object",
    properties: {
      ...Object.fromEntries(parts.map((name) => [name, { type: "string" }])),
      ...Object.fromEntries(describeFeatures(set).map(({ definition, name, type }) => [name, { ...types[type], description: definition }])),
    },
  };
  const answer = {
    type: "object",
    properties: { at: { type: "string" }, watermark: { type: "object" }, rows: { type: "array", items: row } },
  };
  const { description, content } = answerIn(Object.keys(MEDIA_TYPES));
  const responses = { 200: { description, content: { ...content, "application/json": { schema: answer } } }, default: PROBLEM };
  const { $schema: _dialect, ...body } = z.toJSONSchema(featuresQuestion, { io: "input" });
  const requestBody = { required: true, content: { "application/json": { schema: body } } };
  const summary = `Features of ${set.name}, now or as they were known`;
  const get = { operationId: `features_${set.name}`, summary: `${summary}, of one entity`, parameters, responses };
  return [path, { get, post: { operationId: `features_${set.name}_of_many`, summary, requestBody, responses } }];
}

function queryParameters(parameters: readonly (readonly [name: string, words: string])[]): object[] {
  return parameters.map(([name, description]) => ({ name, in: "query", description, schema: { type: "string" } }));
}

function savedOperation({ ask, description, name }: SavedQuery): [path: string, item: unknown] {
  const parameters = queryParameters(Object.entries(QUERY_PARAMETERS));
  const get = {
    operationId: `queries_${name}`,
    summary: description ?? `The saved question "${name}", a ${ask}`,
    parameters,
    responses: { 200: answerIn(Object.keys(MEDIA_TYPES)), default: PROBLEM },
  };
  return [`/v1/queries/${name}`, { get }];
}

function answerIn(types: readonly string[]): { readonly description: string; readonly content: Readonly<Record<string, object>> } {
  return { description: "The answer", content: Object.fromEntries(types.map((type) => [type, {}])) };
}

function questionOperation(name: string, { rows, schema, summary }: Question): Record<string, unknown> {
  const { $schema: _dialect, ...body } = z.toJSONSchema(schema, { io: "input" });
  const types = rows ? Object.keys(MEDIA_TYPES) : ["application/json"];
  return {
    operationId: name.replace("/", "_"),
    summary,
    requestBody: { required: true, content: { "application/json": { schema: body } } },
    responses: { 200: answerIn(types), default: PROBLEM },
  };
}
