import type { ComponentProps, ReactNode } from "react";
import ReactMarkdown, { type Components, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";

import { citationMarks } from "./citation_marks";
import { quoteMarks } from "./quote_marks";

interface Props {
  text: string;
  /** What stands in the place of the mark `[1]`; without it, the mark stays as it is. */
  mark?: (number: number) => ReactNode;
  /** Words of the text that are shown as marked. */
  quote?: string;
}

/**
 * Markdown as elements, never as HTML: what is in it can run nothing, and nothing is loaded for it.
 *
 * An unfinished text may be given: while more comes, only what changes is drawn anew.
 */
export function Markdown({ text, mark, quote }: Props) {
  const plugins: Options["rehypePlugins"] = [];
  if (mark) plugins.push(citationMarks);
  if (quote) plugins.push([quoteMarks, quote]);
  const components: Components = mark ? { ...COMPONENTS, data: ({ value }) => mark(Number(value)) } : COMPONENTS;
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={plugins} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

const COMPONENTS: Components = {
  a: ({ href, children }: ComponentProps<"a">) => (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ),
  img: ({ alt }: ComponentProps<"img">) => <>{alt}</>,
  table: ({ children }: ComponentProps<"table">) => (
    <div className="table" role="region" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};
