/** What the coach remembers over all conversations; the user may read, change and delete it. */
import { type Api, bodyOf } from "./http.js";
import type { Memory } from "./types.js";

export class Memories {
  constructor(private readonly api: Api) {}

  /** All: there are at most 100. */
  async list(): Promise<Memory[]> {
    return (await bodyOf(this.api.GET("/v1/memories", { params: { query: { limit: 100 } } }))).items;
  }

  change(memory: Memory, fact: string): Promise<Memory> {
    return bodyOf(this.api.PATCH("/v1/memories/{memory_id}", { params: at(memory), body: { fact } }));
  }

  async delete(memory: Memory): Promise<void> {
    await this.api.DELETE("/v1/memories/{memory_id}", { params: at(memory) });
  }
}

function at(memory: Memory): { path: { memory_id: string } } {
  return { path: { memory_id: memory.id } };
}
