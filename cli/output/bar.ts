const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of a value, to the eighth of a character; a value above 0 is never drawn as nothing. @param full the value that is `width` characters long */
export function bar(value: number, full: number, width: number): string {
  if (full <= 0 || value <= 0) return "";
  const eighths = Math.max(1, Math.round((Math.min(value, full) / full) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
