import type { Format } from "../../i18n/format";

/** Bytes as they are read. */
export function sizeOf(bytes: number, format: Format): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  return bytes < 1e6 ? `${format.number(bytes / 1e3)} kB` : `${format.number(bytes / 1e6)} MB`;
}
