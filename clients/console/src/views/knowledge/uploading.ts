/** The way of a file as it is shown: a form of the API, the bucket, the queue, and what is then told of the document. */
import { type Hercules, HerculesError } from "@hercules/client";
import { type Document, DOCUMENT_TYPES, Knowledge } from "@hercules/client/operator";

export type Stage = "asking" | "uploading" | "queued" | "reading" | "ready" | "failed";
export type Refusal = "unknownKind" | "tooLarge" | "refusedUpload";

export interface Progress {
  stage: Stage;
  /** Of the bytes, while it is uploading. */
  share?: number;
  refusal?: Refusal;
  /** What is told of it once it is ready or has failed. */
  document?: Document;
}

export const MOST_BYTES = 20 * 1024 * 1024;
const ENDINGS = Object.keys(DOCUMENT_TYPES).map((ending) => `.${ending}`);
export const ACCEPTED = ENDINGS.join(",");

/** From the file to the ready document; `tell` hears of each stage. Faults of the API are thrown. */
export async function upload(
  hercules: Hercules,
  file: File,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const isKnown = ENDINGS.some((ending) => file.name.toLowerCase().endsWith(ending));
  if (!isKnown || file.size > MOST_BYTES || file.size === 0) {
    return tell({ stage: "failed", refusal: isKnown ? "tooLarge" : "unknownKind" });
  }
  tell({ stage: "asking" });
  const knowledge = new Knowledge(hercules);
  try {
    const given = { name: file.name, content: file };
    const uploaded = await knowledge.upload(given, (done, of) => tell({ stage: "uploading", share: done / of }));
    tell({ stage: "queued" });
    for await (const document of knowledge.follow([uploaded], signal)) {
      tell({ stage: stageOf(document), document });
    }
  } catch (fault) {
    if (signal.aborted) {
      return; // nobody looks any more
    }
    if (!(fault instanceof HerculesError && fault.code === "upload_refused")) {
      throw fault;
    }
    tell({ stage: "failed", refusal: "refusedUpload" });
  }
}

function stageOf({ status, is_worked_on }: Document): Stage {
  if (status === "ready" || status === "failed") {
    return status;
  }
  return is_worked_on ? "reading" : "queued";
}
