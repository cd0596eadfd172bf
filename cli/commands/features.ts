import { Command } from "commander";
import type { Act } from "../invocation.ts";
import { auditCommand } from "./features/audit.ts";
import { buildCommand } from "./features/build.ts";
import { diffCommand } from "./features/diff.ts";
import { driftCommand } from "./features/drift.ts";
import { explainCommand } from "./features/explain.ts";
import { getCommand } from "./features/get.ts";
import { listCommand } from "./features/list.ts";
import { parityCommand } from "./features/parity.ts";
import { verifyCommand } from "./features/verify.ts";

/** `hydrograph features`: training sets from label rows, whether they can be had again, the same features at now, and what the columns of feature sets are. */
export function featuresCommand(act: Act): Command {
  return new Command("features")
    .description("Feature tables for machine learning.")
    .addCommand(buildCommand(act))
    .addCommand(verifyCommand(act))
    .addCommand(diffCommand(act))
    .addCommand(auditCommand(act))
    .addCommand(driftCommand(act))
    .addCommand(getCommand(act))
    .addCommand(explainCommand(act))
    .addCommand(parityCommand(act))
    .addCommand(listCommand(act));
}
