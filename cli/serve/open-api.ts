import { z } from "zod";
import { VERSION } from "../version.ts";
import { MEDIA_TYPES } from "./answer-formats.ts";
import type { Question } from "./question.ts";
import { READINGS } from "./readings.ts";

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

/** The OpenAPI 3.1 document: what may be asked, from the schemas that the requests are checked with. */
export function openApi(project: string, asked: Readonly<Record<string, Question>>, protectedByToken: boolean): Record<string, unknown> {
  const questions = Object.entries(asked).map(([name, question]) => [`/v1/${name}`, { post: questionOperation(name, question) }]);
  const readings = Object.entries(READINGS).map(([name, { summary }]) => [
    `/v1/${name}`,
    {
      get: {
        operationId: name,
        summary,
        responses: { 200: { description: "The answer", content: { "application/json": {} } }, default: PROBLEM },
      },
    },
  ]);
  return {
    openapi: "3.1.0",
    info: { title: `hydrograph: ${project}`, version: VERSION },
    paths: Object.fromEntries([...questions, ...readings]),
    ...(protectedByToken
      ? { components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } }, security: [{ token: [] }] }
      : {}),
  };
}

function questionOperation(name: string, { rows, schema, summary }: Question): Record<string, unknown> {
  const { $schema: _dialect, ...body } = z.toJSONSchema(schema, { io: "input" });
  const types = rows ? Object.keys(MEDIA_TYPES) : ["application/json"];
  return {
    operationId: name.replace("/", "_"),
    summary,
    requestBody: { required: true, content: { "application/json": { schema: body } } },
    responses: { 200: { description: "The answer", content: Object.fromEntries(types.map((type) => [type, {}])) }, default: PROBLEM },
  };
}
