/** The rows of a CSV file (RFC 4180), at most so many: quoted cells may hold commas, quotes and lines. */
export function rowsOf(text: string, most: number): string[][] {
  const separator = [",", ";", "\t"].sort((one, other) => countIn(text, other) - countIn(text, one))[0];
  const rows: string[][] = [];
  let [row, cell, isQuoted]: [string[], string, boolean] = [[], "", false];
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== "") {
      rows.push(row);
    }
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const letter = text[at]!;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[(at += 1)];
      else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  if (rows.length < most && (cell !== "" || row.length > 0)) {
    endRow();
  }
  return rows;
}

/** In the first line: what stands there most often separates. */
function countIn(text: string, separator: string): number {
  return (text.split("\n", 1)[0] ?? "").split(separator).length;
}
