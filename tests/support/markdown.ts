/** A fenced block of a Markdown page: ```sh run, or ```json file=events.ndjson. */
export interface CodeBlock {
  readonly language: string;
  /** What stands behind the language, e.g. "run" or "file=events.ndjson". */
  readonly tag: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const fences = markdown.matchAll(/^```(\S*)[ ]?(.*)\n([\s\S]*?)^```$/gm);
  return [...fences].map(([, language = "", tag = "", text = ""]) => ({ language, tag, text }));
}
