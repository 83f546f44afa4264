/** Marks a quote in a text, also where it goes over links, bold words and line breaks. */
import type { Element, ElementContent, Root, Text } from "hast";

type Parent = Root | Element;

interface Place {
  parent: Parent;
  node: Text;
  /** Where it begins in the text as a whole, without white space. */
  start: number;
}

export function quoteMarks(quote: string) {
  const wanted = squeezed(quote.replaceAll(/[*_`#>|]/g, ""));
  return (tree: Root): void => {
    const places = [...textsOf(tree)];
    const from = places
      .map(({ node }) => squeezed(node.value))
      .join("")
      .indexOf(wanted);
    if (wanted && from >= 0) {
      places.forEach((place) => mark(place, from, from + wanted.length));
    }
  };
}

/** All texts in order. White space does not count: Markdown has its own. */
function* textsOf(parent: Parent, counted = { letters: 0 }): Generator<Place> {
  for (const node of parent.children) {
    if (node.type === "text") {
      yield { parent, node, start: counted.letters };
      counted.letters += squeezed(node.value).length;
    } else if (node.type === "element") {
      yield* textsOf(node, counted);
    }
  }
}

/** What of a text lies between two places of the whole comes into an element of its own. */
function mark({ parent, node, start }: Place, from: number, to: number): void {
  const [first, end] = [at(node.value, from - start), at(node.value, to - start)];
  if (squeezed(node.value.slice(first, end)) === "") {
    return;
  }
  const text = (value: string): Text => ({ type: "text", value });
  const marked: Element = {
    type: "element",
    tagName: "mark",
    properties: {},
    children: [text(node.value.slice(first, end))],
  };
  const parts: ElementContent[] = [text(node.value.slice(0, first)), marked, text(node.value.slice(end))];
  (parent.children as ElementContent[]).splice((parent.children as ElementContent[]).indexOf(node), 1, ...parts);
}

/** Where so many letters of a text have been read. */
function at(text: string, letters: number): number {
  let read = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (read >= letters) return index;
    if (/\S/.test(text[index] ?? "")) read += 1;
  }
  return text.length;
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, "");
}
