/** Files into the user's own folder. */
import type { FileCopy } from "@hercules/client";

/** What is here already, under its name. */
export function save(content: Uint8Array, filename: string): void {
  const url = URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer>]));
  press(url, filename);
  URL.revokeObjectURL(url);
}

/** What the bucket serves as a file to be saved. */
export function saveFrom({ url, filename }: FileCopy): void {
  press(url, filename);
}

function press(url: string, filename: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
}
