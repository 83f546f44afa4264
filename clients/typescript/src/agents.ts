/** Agents at work, as their room shows them live: what each writes just now, and the tools that it called. */
import type { AgentCalled, AgentDelta } from "./events.js";
import { Preview } from "./preview.js";

export interface AgentAtWork {
  /** The file that is being written; null: what the agent says. */
  filename: string | null;
  /** Of that, what is to be shown now. The file, or the agent's message, replaces it. */
  text: string;
  /** The last calls, the newest last. */
  called: { tool: string; filename: string | null }[];
}

/** By the id of the task. */
export type AgentsAtWork = Record<string, AgentAtWork>;

type Shown = AgentCalled | AgentDelta;

interface Worker {
  attempt: number;
  call: number;
  preview: Preview;
  at: AgentAtWork;
}

const CALLS_KEPT = 20;

/** Puts previews together, task by task. */
export class Agents {
  private readonly workers = new Map<string, Worker>();

  /** All agents at work behind a frame; undefined where it changes nothing. */
  take({ type, data }: Shown): AgentsAtWork | undefined {
    const worker = this.workerOf(data);
    if (!worker) {
      return undefined;
    }
    if (type === "agent.called") {
      const { tool, filename } = data;
      worker.at = { ...worker.at, called: [...worker.at.called, { tool, filename }].slice(-CALLS_KEPT) };
    } else {
      const name = `${data.call} ${data.filename}`;
      worker.preview = worker.preview.of === name ? worker.preview : new Preview(name);
      worker.preview.add(data);
      worker.at = { ...worker.at, filename: data.filename, text: worker.preview.text };
    }
    return this.all();
  }

  /** An agent's task has ended, or is begun anew: nothing is previewed of it any more. */
  end(taskId: string): AgentsAtWork {
    const worker = this.workers.get(taskId);
    if (worker) {
      worker.at = { ...worker.at, filename: null, text: "" };
      worker.preview = new Preview("");
    }
    return this.all();
  }

  /** The worker that a frame is of; undefined: it was overtaken, or has gone on. */
  private workerOf({ task_id, attempt, call }: Shown["data"]): Worker | undefined {
    const known = this.workers.get(task_id);
    if (known && (attempt < known.attempt || (attempt === known.attempt && call < known.call))) {
      return undefined;
    }
    const fresh = { preview: new Preview(""), at: { filename: null, text: "", called: [] } };
    const worker = { ...(known?.attempt === attempt ? known : fresh), attempt, call };
    this.workers.set(task_id, worker);
    return worker;
  }

  private all(): AgentsAtWork {
    return Object.fromEntries([...this.workers].map(([task, { at }]) => [task, at]));
  }
}
