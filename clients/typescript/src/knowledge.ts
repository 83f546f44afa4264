/** The knowledge base in an operator's hands: documents given, followed until they can be found, searched, deleted. */
import { HerculesError } from "./errors.js";
import { bytesOf, type NewFile } from "./files.js";
import { type Api, bodyOf } from "./http.js";
import { pause } from "./timing.js";
import type { Schemas } from "./types.js";
import { type Progress, upload } from "./uploading.js";

export type Document = Schemas["ListedDocument"];

/** A file that is in the bucket. */
export interface Uploaded {
  source: string;
  /** What was touched last before it: what comes of the file is touched later. */
  since: string | undefined;
}

type ContentType = Schemas["NewUpload"]["content_type"];

const OFFICE = "application/vnd.openxmlformats-officedocument.";
/** By the end of a file's name. What a document is in truth, the server sees for itself. */
export const DOCUMENT_TYPES: Readonly<Record<string, ContentType>> = {
  md: "text/markdown",
  markdown: "text/markdown",
  txt: "text/plain",
  html: "text/html",
  htm: "text/html",
  csv: "text/csv",
  pdf: "application/pdf",
  epub: "application/epub+zip",
  docx: `${OFFICE}wordprocessingml.document`,
  xlsx: `${OFFICE}spreadsheetml.sheet`,
  pptx: `${OFFICE}presentationml.presentation`,
};
/** Milliseconds between looks at a document that is being read. */
const LOOK = 1_000;

export class Knowledge {
  private readonly api: Api;

  constructor({ api }: { api: Api }) {
    this.api = api;
  }

  /** Put a file into the bucket under its name. What becomes of it, `follow` tells. */
  async upload(file: NewFile, onProgress: Progress = () => undefined): Promise<Uploaded> {
    const bytes = await bytesOf(file.content);
    const type = typeOf(file.name);
    const since = (await this.list({ limit: 1 })).items[0]?.updated_at;
    const about = { source: file.name, content_type: type, size: bytes.length };
    const { url, fields } = await bodyOf(this.api.POST("/v1/knowledge/uploads", { body: about }));
    const form = new FormData();
    Object.entries(fields).forEach(([name, value]) => form.append(name, value as string));
    form.append("file", new Blob([bytes], { type })); // what stands behind it the bucket does not read
    await upload({ method: "POST", url, body: form, size: bytes.length }, onProgress);
    return { source: file.name, since };
  }

  /** The documents of files, each whenever it has changed, until all are ready or have failed. One that is not told yet is queued. */
  async *follow(files: Uploaded[], signal?: AbortSignal): AsyncGenerator<Document> {
    const waiting = new Map(files.map(({ source, since }) => [source, since]));
    for (; waiting.size > 0; await pause(LOOK, signal)) {
      for await (const document of this.touchedSince([...waiting.values()])) {
        const seen = waiting.get(document.source);
        if (waiting.has(document.source) && isLater(document.updated_at, seen)) {
          waiting.set(document.source, document.updated_at);
          if (document.status !== "pending") {
            waiting.delete(document.source);
          }
          yield document;
        }
      }
    }
  }

  /** The last touched first; deleted ones only when asked for. */
  list(
    query: { status?: Document["status"]; source?: string; limit?: number; cursor?: string } = {},
  ): Promise<Schemas["ListedDocumentPage"]> {
    return bodyOf(this.api.GET("/v1/knowledge/documents", { params: { query } }));
  }

  /** Store a text as a document, or what the bucket has of that name. A long one is pending for a while. */
  store(document: Schemas["NewDocument"]): Promise<Schemas["StoredSource"]> {
    return bodyOf(this.api.POST("/v1/knowledge/documents", { body: document }));
  }

  /** Delete a document with its file. */
  async delete({ id }: Pick<Document, "id">): Promise<void> {
    await this.api.DELETE("/v1/knowledge/documents/{source_id}", { params: { path: { source_id: id } } });
  }

  /** What the coach would find, the best first; `before` are questions that this one may go on from. */
  async search(query: string, options: { before?: string[]; limit?: number } = {}): Promise<Schemas["Passage"][]> {
    return (await bodyOf(this.api.POST("/v1/knowledge/search", { body: { query, ...options } }))).items;
  }

  /** A document as it is searched, chunk by chunk from index `first` on. */
  chunks({ id }: Pick<Document, "id">, query: { first?: number; limit?: number } = {}): Promise<Schemas["Chunks"]> {
    const params = { path: { source_id: id }, query };
    return bodyOf(this.api.GET("/v1/knowledge/documents/{source_id}/chunks", { params }));
  }

  /** The same search with all that was looked at, and its scores: what is no evidence, and what a model would be shown. */
  explain(body: Schemas["ExplainedQuestion"]): Promise<Schemas["ExplainedSearch"]> {
    return bodyOf(this.api.POST("/v1/knowledge/explain", { body }));
  }

  /** All that was touched after the first of some moments, the last first. */
  private async *touchedSince(moments: (string | undefined)[]): AsyncGenerator<Document> {
    for (let cursor: string | undefined, isMore = true; isMore;) {
      const page = await this.list({ limit: 100, cursor });
      const items = page.items.filter((one) => moments.some((moment) => isLater(one.updated_at, moment)));
      yield* items;
      cursor = page.next_cursor ?? undefined;
      isMore = cursor !== undefined && items.length === page.items.length;
    }
  }
}

/** Whether one moment comes after another. Parts of a second that are zero are not written. */
function isLater(moment: string, than: string | undefined): boolean {
  return than === undefined || moment.replace("Z", "") > than.replace("Z", "");
}

function typeOf(name: string): ContentType {
  const type = DOCUMENT_TYPES[name.toLowerCase().split(".").at(-1)!];
  if (!type) {
    throw new HerculesError(`Files of this kind are not taken: ${name}.`, "unsupported");
  }
  return type;
}
