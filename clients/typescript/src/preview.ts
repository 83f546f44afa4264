/** What is shown of an answer while it is written, put together from pieces that may be lost, repeated or begun anew. */

/** A piece: where it stands in the preview, in code points, and how many came before it. */
export interface Piece {
  index: number;
  offset: number;
  text: string;
}

export class Preview {
  private characters: string[] = []; // code points, as the server counts them
  private lastIndex = -1;
  private early: Piece[] = [];

  constructor(
    /** What it is a preview of: a turn's id, or an agent's call and file. */
    readonly of: string,
  ) {}

  get text(): string {
    return this.characters.join("");
  }

  /** Whether pieces before those that came are missing: `replace` brings them. */
  get hasHole(): boolean {
    return this.early.length > 0;
  }

  add(delta: Piece): void {
    if (delta.index > this.lastIndex) {
      this.lastIndex = delta.index; // else it is brought a second time
      this.place(delta);
    }
  }

  /** What the server has kept of the answer: at least as much as was pushed a moment ago. */
  replace(partial: string): void {
    const characters = [...partial];
    if (characters.length > this.characters.length || this.hasHole) {
      this.characters = characters;
    }
    this.early.splice(0).forEach((delta) => this.place(delta));
  }

  /** A piece at 0 begins anew; one further back than the end says the same again, or mends it. */
  private place(delta: Piece): void {
    if (delta.offset === 0) {
      this.early = [];
    }
    if (this.hasHole || delta.offset > this.characters.length) {
      this.early.push(delta);
    } else {
      this.characters = [...this.characters.slice(0, delta.offset), ...delta.text];
    }
  }
}
