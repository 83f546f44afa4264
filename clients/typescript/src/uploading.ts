/** Puts bytes into a bucket, with progress where the platform tells any. */
import { HerculesError, NetworkError } from "./errors.js";

export type Progress = (done: number, of: number) => void;

/** What was signed: exactly this method, address and headers. */
export interface Upload {
  method: "PUT" | "POST";
  url: string;
  headers?: Record<string, string>;
  body: Uint8Array<ArrayBuffer> | FormData;
  /** Of the file, in bytes: a form is larger. */
  size: number;
}

/** fetch tells of no progress, where there is another way. */
export function upload(what: Upload, onProgress: Progress): Promise<void> {
  return typeof XMLHttpRequest === "undefined" ? byFetch(what, onProgress) : byRequest(what, onProgress);
}

async function byFetch({ url, size, ...how }: Upload, onProgress: Progress): Promise<void> {
  const response = await fetch(url, how).catch((fault: unknown) => {
    throw new NetworkError(fault);
  });
  taken(response.status);
  onProgress(size, size);
}

function byRequest({ method, url, headers = {}, body, size }: Upload, onProgress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    Object.entries(headers)
      .filter(([name]) => name !== "content-length") // the platform's own; a browser's console calls it a fault to set it
      .forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, size), size);
    request.onerror = () => reject(new NetworkError(new Error("the upload broke off")));
    request.onload = () => {
      try {
        resolve(taken(request.status));
      } catch (refused) {
        reject(refused);
      }
    };
    request.send(body);
  });
}

function taken(status: number): void {
  if (status >= 300) {
    throw new HerculesError(`The file was not taken: ${status}.`, "upload_refused");
  }
}
