/** Makes `[1]` in a text into an element `data` with its number, outside of code. */
import type { Element, ElementContent, Root, RootContent } from "hast";

const MARK = /\[(\d{1,3})\]/;

export function citationMarks() {
  return (tree: Root): void => {
    tree.children = tree.children.flatMap(marked) as RootContent[];
  };
}

function marked(node: RootContent | ElementContent): (RootContent | ElementContent)[] {
  if (node.type === "element" && node.tagName !== "code" && node.tagName !== "a") {
    node.children = node.children.flatMap(marked) as ElementContent[];
  }
  return node.type === "text" ? partsOf(node.value) : [node];
}

/** A text between marks, and their numbers: `split` gives both in turns. */
function partsOf(text: string): ElementContent[] {
  return text.split(MARK).map((part, at) => (at % 2 === 0 ? { type: "text", value: part } : markOf(part)));
}

function markOf(number: string): Element {
  return {
    type: "element",
    tagName: "data",
    properties: { value: number },
    children: [{ type: "text", value: number }],
  };
}
