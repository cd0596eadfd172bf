import { z } from "zod";
import type { Project, SavedQuery } from "../../model/index.ts";
import { VERSION } from "../version.ts";
import { MEDIA_TYPES } from "./answer-formats.ts";
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
  { name: project, queries }: Project,
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
    paths: Object.fromEntries([...questions, ...readings, ...queries.map(savedOperation)]),
    ...(protectedByToken
      ? { components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } }, security: [{ token: [] }] }
      : {}),
  };
}

function savedOperation({ ask, description, name }: SavedQuery): [path: string, item: unknown] {
  const parameters = Object.entries(QUERY_PARAMETERS).map(([parameter, words]) => ({
    name: parameter,
    in: "query",
    description: words,
    schema: { type: "string" },
  }));
  const get = {
    operationId: `queries_${name}`,
    summary: description ?? `The saved question "${name}", a ${ask}`,
    parameters,
    responses: { 200: answerIn(Object.keys(MEDIA_TYPES)), default: PROBLEM },
  };
  return [`/v1/queries/${name}`, { get }];
}

function answerIn(types: readonly string[]): Record<string, unknown> {
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
