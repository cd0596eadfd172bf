import { Option, type Command } from "commander";
import type { Project } from "../../model/index.ts";
import type { SeasonChoice, SignalRequest } from "../../queries/index.ts";
import { collect } from "../output/formats.ts";
import { questionOptions, type CommonRequest, type QuestionFlags } from "../question.ts";
import { eventsOfMetrics } from "./events-of-metrics.ts";
import { parseWhere } from "./parse-where.ts";
import { grainFor } from "./range-flags.ts";

/** Flags of every command that looks for something in a trend. */
export interface SeriesFlags extends QuestionFlags {
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly where?: readonly string[];
}

/** Those of one that is told the season. */
export interface SignalFlags extends SeriesFlags {
  readonly season: SeasonChoice;
}

/** Adds {@link SeriesFlags} to a command. @param last the range when nothing is said */
export function seriesOptions(command: Command, last: string): Command {
  return questionOptions(command, last)
    .option("--grain <grain>", '"5 minutes", hour, day, week, month, quarter, year … (default: what fits the range)')
    .option("--by <dimension>", "for each of its values; may be given more than once", collect)
    .addOption(whereOption());
}

/** Adds {@link SignalFlags} to a command. @param last the range when nothing is said */
export function signalOptions(command: Command, last: string): Command {
  return seriesOptions(command, last).addOption(
    new Option("--season <season>", "what repeats, by the clocks of the zone")
      .choices(["auto", "none", "day", "week", "year"])
      .default("auto"),
  );
}

/** `--where`, which may be given more than once. */
export function whereOption(): Option {
  return new Option(
    "--where <condition>",
    'count only these events: country=DE (again: or), country!=DE, "amount>10", gift=null (without it); any field of the event',
  ).argParser(collect);
}

/** What the flags say, as every signal that is told the season has it. */
export function signalRequest(
  project: Project,
  metric: string,
  common: CommonRequest,
  flags: SignalFlags,
): SignalRequest & CommonRequest & { readonly season: SeasonChoice } {
  return { ...seriesRequest(project, metric, common, flags), season: flags.season };
}

/** What the flags say, as every signal has it. */
export function seriesRequest(
  project: Project,
  metric: string,
  common: CommonRequest,
  { by, grain, where }: SeriesFlags,
): SignalRequest & CommonRequest {
  return {
    metric,
    ...common,
    grain: grain ?? grainFor(common),
    groupBy: dimensionsOf(by ?? []),
    filter: parseWhere(where, eventsOfMetrics(project, [metric])),
  };
}

/** Dimensions, several of them with commas between or not. */
export function dimensionsOf(by: readonly string[]): readonly string[] {
  return by.flatMap((names) => names.split(","));
}
