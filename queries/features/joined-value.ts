import { measureSql } from "../../clickhouse/index.ts";
import type { BoundColumn } from "./pass-source.ts";

/** A measure as an aggregate over events joined to labels, with `age` as the event's age at T. */
export function joinedValue({ condition, delay, event, measure, name, reach }: BoundColumn): string {
  const counts = [`age > ${delay} AND age <= ${reach}`, ...(condition === undefined ? [] : [condition])].join(" AND ");
  if (measure.kind === "ageOfLast" || measure.kind === "ageOfFirst") {
    const pick = measure.kind === "ageOfLast" ? "maxOrNullIf" : "minOrNullIf";
    return `${pick}(toUnixTimestamp64Micro(time), ${counts})`;
  }
  const { outputs, values } = measureSql({ name, event, measure }, counts);
  const [output] = outputs;
  if (!output || outputs.length > 1) throw new Error(`Feature "${name}": a feature is one value, and ${measure.kind} has several.`);
  if (measure.kind === "count" || measure.kind === "uniq") return `toInt64(${output.raw})`;
  return `if(${values} = 0, NULL, ${output.raw})`;
}
