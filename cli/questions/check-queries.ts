import type { Problem, Project } from "../../model/index.ts";
import { isQuestionKind, queryProblem } from "../../queries/index.ts";
import { misfit, questionSchemas } from "./question-schemas.ts";

/** What is wrong with the saved queries of a project: their words first, then what they mean in it. */
export async function checkQueries(project: Project): Promise<readonly Problem[]> {
  const problems = await Promise.all(
    project.queries.map(async (query) => {
      const words = isQuestionKind(query.ask) ? questionSchemas[query.ask].safeParse(query.request).error : undefined;
      const rule = words ? misfit(words, "the question") : await queryProblem(project, query);
      return rule === undefined ? [] : [{ path: `queries.${query.name}`, rule }];
    }),
  );
  return problems.flat();
}
