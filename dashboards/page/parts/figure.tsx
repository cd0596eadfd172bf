import type { TrendTotal } from "../api/wire.ts";
import { shortNumber, showGrowth, showNumber, withUnit } from "../show/numbers.ts";

interface Props {
  readonly total: TrendTotal | undefined;
  readonly output: string;
  readonly unit: string | undefined;
}

/** What a metric comes to over the range, and how that compares with the range before: in percent only once all of the range is known. */
export function Figure({ output, total, unit }: Props) {
  const value = total?.values[output];
  const growth = total?.compared?.growth[output];
  const before = total?.compared?.values[output];
  return (
    <p class="figure">
      <strong title={typeof value === "number" ? withUnit(showNumber(value), unit) : undefined}>
        {typeof value === "string" ? value : withUnit(shortNumber(value), unit)}
      </strong>
      {typeof before === "number" && (
        <span class="growth" title={`${withUnit(showNumber(before), unit)} in as long a time before`}>
          {typeof growth === "number" ? showGrowth(growth) : `before ${shortNumber(before)}`}
        </span>
      )}
    </p>
  );
}
