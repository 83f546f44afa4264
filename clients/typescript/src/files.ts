/** Files for rooms: given with their checksum, read and checked against it. */
import { HerculesError, NetworkError } from "./errors.js";
import { type Api, bodyOf } from "./http.js";
import type { DownloadableFile } from "./types.js";
import { type Progress, upload } from "./uploading.js";

/** The SHA-256 of some bytes as hexadecimal digits. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

export interface NewFile {
  name: string;
  content: Blob | Uint8Array<ArrayBuffer>;
  description?: string;
}

export interface DownloadOptions {
  /** Bytes so far, and all. */
  onProgress?: Progress;
}

/** What arrived is not what was stored. */
export class ChecksumMismatch extends HerculesError {
  constructor() {
    super("The file was damaged on its way.", "checksum_mismatch");
  }
}

export class Files {
  constructor(
    private readonly api: Api,
    private readonly sha256: Sha256,
  ) {}

  /** Upload a file for a room to be opened with it, or given it: its id is one of `input_file_ids`. */
  async upload(file: NewFile, onProgress: Progress = () => undefined): Promise<string> {
    const bytes = await bytesOf(file.content);
    const about = { filename: file.name, size: bytes.length, sha256: await this.sha256(bytes) };
    const body = { ...about, description: file.description };
    const place = await bodyOf(this.api.POST("/v1/rooms/uploads", { body }));
    const headers = place.headers as Record<string, string>;
    await upload({ method: "PUT", url: place.url, headers, body: bytes, size: bytes.length }, onProgress);
    return place.id;
  }
}

/** Of the platform's own cryptography. React Native has none: give `sha256` to createHercules there. */
export async function subtleSha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A file's bytes, whole or not at all. */
export async function downloadOf(
  file: DownloadableFile,
  options: DownloadOptions,
  sha256: Sha256,
): Promise<Uint8Array> {
  const response = await fetch(file.url).catch((fault: unknown) => {
    throw new NetworkError(fault);
  });
  if (!response.ok) {
    throw new HerculesError(`The file cannot be read: ${response.status}.`, "file_unreadable");
  }
  const bytes = await received(response, file.size, options.onProgress);
  if (file.sha256 && (await sha256(bytes)) !== file.sha256) {
    throw new ChecksumMismatch();
  }
  return bytes;
}

async function received(response: Response, size: number, onProgress?: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const reader = onProgress && response.body?.getReader();
  if (!reader) {
    return new Uint8Array(await response.arrayBuffer());
  }
  const parts: Uint8Array[] = [];
  let done = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    done += part.value.length;
    onProgress(done, size);
  }
  const bytes = new Uint8Array(done);
  parts.reduce((at, part) => {
    bytes.set(part, at);
    return at + part.length;
  }, 0);
  return bytes;
}

export async function bytesOf(content: NewFile["content"]): Promise<Uint8Array<ArrayBuffer>> {
  return content instanceof Uint8Array ? content : new Uint8Array(await new Response(content).arrayBuffer());
}
