import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Project } from "../api/wire.ts";
import type { ChangeRoute, Route } from "../state/route.ts";

/** What every view stands on. */
export interface Stage {
  readonly project: Project;
  readonly route: Route;
  readonly change: ChangeRoute;
  /** IANA zone that times are shown and cut in. */
  readonly zone: string;
}

/** The stage of the page; there is one as soon as the project is known. */
export const StageContext = createContext<Stage | undefined>(undefined);

/** The stage, in any view. */
export function useStage(): Stage {
  const stage = useContext(StageContext);
  if (!stage) throw new Error("A view stands on no stage.");
  return stage;
}
