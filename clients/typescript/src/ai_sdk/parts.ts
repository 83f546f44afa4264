/** Citations and actions as the AI SDK knows them: source documents, and tools that ask for approval. */
import type { UIMessageChunk } from "ai";

import type { Action, Citation } from "../types.js";

export function sourceOf(citation: Citation) {
  const { chunk_id, source, title, heading, quote, version, score } = citation;
  return {
    type: "source-document" as const,
    sourceId: chunk_id,
    mediaType: "text/plain",
    title,
    filename: source,
    providerMetadata: { hercules: { heading, quote, version, score } },
  };
}

/** The approval's id carries the version that is shown: only that is approved. */
export function approvalIdOf(action: Action): string {
  return `${action.id}:${action.version}`;
}

export function versionOf(approvalId: string): number {
  return Number(approvalId.slice(approvalId.lastIndexOf(":") + 1));
}

/** What the tool is shown with: what would be done, and the server's preview of what that changes. */
export function inputOf({ payload, preview, expires_at }: Action) {
  return { payload, preview, expires_at };
}

export function* actionOf(action: Action): Generator<UIMessageChunk> {
  const tool = { toolCallId: action.id, toolName: action.action_type, dynamic: true };
  yield { type: "tool-input-available", ...tool, input: inputOf(action) };
  yield { type: "tool-approval-request", toolCallId: action.id, approvalId: approvalIdOf(action) };
}
