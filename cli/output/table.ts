/** How a column of a table stands. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right, words to the left. Default "left". */
  readonly align?: "left" | "right";
}

/** A table of aligned columns, two spaces apart, with a line below the titles; nothing else, so that it can be cut and grepped. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[index] ?? ""))));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? "", widths[index] ?? 0, align ?? "left"))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return `${[line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join("\n")}\n`;
}

/** Pads a text to a width as a terminal shows it. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "right" ? space + text : text + space;
}

/** Control characters would move the cursor, and escape sequences could do worse: they are shown as "·". */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  return text.replace(/[\u0000-\u001F\u007F-\u009F]/g, "·");
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
// oxlint-disable-next-line no-control-regex -- colours are control sequences, which take no room
const COLOR = /\u001B\[\d+m/g;
/** East Asian wide characters and emoji take two columns (the blocks of Unicode's East Asian Width, UAX #11). */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  const plain = text.replace(COLOR, "");
  if (/^[\u0020-\u007E]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemes.segment(plain)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
