import { describe, expect, it } from "vitest";

import { type Piece, Preview } from "../../src/preview.js";

function preview(...pieces: Piece[]): Preview {
  const preview = new Preview("t");
  pieces.forEach((piece) => preview.add(piece));
  return preview;
}

describe("a preview", () => {
  it("is its pieces in their order", () => {
    const shown = preview({ index: 0, offset: 0, text: "Rest. " }, { index: 1, offset: 6, text: "Sleep." });
    expect(shown.text).toBe("Rest. Sleep.");
  });

  it("does not repeat a piece that comes twice", () => {
    const piece = { index: 0, offset: 0, text: "Rest." };
    expect(preview(piece, piece).text).toBe("Rest.");
  });

  it("begins anew where a piece says so", () => {
    const shown = preview({ index: 0, offset: 0, text: "I look that up." }, { index: 1, offset: 0, text: "Rest." });
    expect(shown.text).toBe("Rest.");
  });

  it("shows nothing behind a hole before that is filled", () => {
    const shown = preview({ index: 0, offset: 0, text: "Rest. " }, { index: 2, offset: 16, text: "Sleep." });
    expect(shown.text).toBe("Rest. ");
    expect(shown.hasHole).toBe(true);
    shown.replace("Rest. Eat well. ");
    expect(shown.text).toBe("Rest. Eat well. Sleep.");
    expect(shown.hasHole).toBe(false);
  });

  it("goes on waiting where what is kept does not reach as far", () => {
    const shown = preview({ index: 3, offset: 16, text: "Sleep." });
    shown.replace("");
    expect([shown.text, shown.hasHole]).toEqual(["", true]);
    shown.replace("Rest. Eat well. Sl");
    expect(shown.text).toBe("Rest. Eat well. Sleep.");
  });

  it("is whole again once it is brought from its beginning", () => {
    const shown = preview({ index: 4, offset: 16, text: "Sleep." }, { index: 5, offset: 0, text: "Rest. Eat." });
    expect([shown.text, shown.hasHole]).toEqual(["Rest. Eat.", false]);
  });

  it("counts characters as the server does", () => {
    const shown = preview({ index: 0, offset: 0, text: "💪💪 " }, { index: 1, offset: 3, text: "Rest." });
    expect(shown.text).toBe("💪💪 Rest.");
  });
});
