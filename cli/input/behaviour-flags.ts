import type { Command } from "commander";
import type { Project } from "../../model/index.ts";
import type { BehaviourRequest, EventSelector } from "../../queries/index.ts";
import { questionOptions, type CommonRequest, type QuestionFlags } from "../question.ts";
import { parseEventSelector } from "./parse-event-selector.ts";
import { parseWhere } from "./parse-where.ts";
import { whereOption } from "./signal-flags.ts";

/** Flags of every command that asks about behaviour. */
export interface BehaviourFlags extends QuestionFlags {
  readonly entity?: string;
  readonly where?: readonly string[];
}

/** How the conditions of an event are written, for help texts. */
export const EVENT_HELP = 'its type, with conditions in quotes: "order.placed where amount >= 10 and country in (DE, AT)"';

/** Adds {@link BehaviourFlags} to a command. @param last the range when nothing is said */
export function behaviourOptions(command: Command, last: string): Command {
  return questionOptions(
    command
      .option("--entity <field>", "whose events are looked at together: a field that all the events have (default: subject)")
      .addOption(whereOption()),
    last,
  );
}

/**
 * What the flags say, as every question about behaviour has it.
 * @param events what is asked about, by which the values of `--where` are typed; default: all of the project
 */
export function behaviourRequest(
  project: Project,
  common: CommonRequest,
  { entity, where }: BehaviourFlags,
  events?: readonly EventSelector[],
): CommonRequest & Pick<BehaviourRequest, "entity" | "filter"> {
  const types = events?.map((selector) => (typeof selector === "string" ? selector : selector.event));
  const asked = project.events.filter(({ type }) => types === undefined || types.includes(type));
  return { ...common, ...(entity === undefined ? {} : { entity }), ...(where ? { filter: parseWhere(where, asked) } : {}) };
}

/** The events named as arguments; nothing, which stands for all of the project, if there are none. */
export function eventsOf(project: Project, texts: readonly string[]): { readonly events?: readonly EventSelector[] } {
  return texts.length === 0 ? {} : { events: texts.map((text) => parseEventSelector(project, text)) };
}
