import type { RoomMessage, RoomState, Task } from "@hercules/client";

import { Markdown } from "../../design/Markdown";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { TaskStatus } from "./Status";
import { text } from "./text";

interface Call {
  tool: string;
  filename: string | null;
}

/** One agent's task: its state, what it writes just now, what it called, and its result. */
export function AgentCard({ task, state, isOwner }: { task: Task; state: RoomState; isOwner: boolean }) {
  const t = useText(text);
  const format = useFormat();
  const work = state.agents[task.id];
  const role = t.roles[task.role] ?? task.role;
  const calls = work && work.called.length > 0 ? work.called : callsOf(state.messages, task);
  const last = task.status === "running" ? calls.at(-1) : undefined;
  return (
    <article className={`agent ${task.status}`} aria-label={`${role}, ${task.key}`} data-task={task.key}>
      <header>
        <h3>{role}</h3>
        <span className="agent-key">{task.key}</span>
        <TaskStatus task={task} />
      </header>
      <p className="small faint">
        {[
          ...task.deliverables,
          task.round > 0 && t.repair,
          task.depends_on.length > 0 && t.after(task.depends_on.join(", ")),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {task.status === "running" && (
        <div>
          <p className="small agent-doing">
            {work?.text ? (work.filename ? t.writes(work.filename) : t.says) : last && <Called call={last} />}
          </p>
          {work?.text && (
            <div className="agent-text" tabIndex={0} role="region" aria-label={work.filename ?? t.says}>
              <Markdown text={work.text} />
            </div>
          )}
        </div>
      )}
      {task.error_code && task.status !== "done" && (
        <p className="small agent-fault">{t.reasons[task.error_code] ?? task.error_code}</p>
      )}
      {task.summary && (
        <details>
          <summary>{t.result}</summary>
          <Markdown text={task.summary} />
        </details>
      )}
      {calls.length > 0 && (
        <details>
          <summary>{t.called}</summary>
          <ol className="agent-calls">
            {calls.map((call, at) => (
              <li key={at}>
                <Called call={call} />
              </li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary>{t.brief}</summary>
        <p className="small room-whole">{task.brief}</p>
      </details>
      <footer className="small faint">
        {[
          task.calls > 0 && t.calls(task.calls),
          isOwner && task.tokens_used ? t.tokens(format.number(task.tokens_used, 0)) : "",
          isOwner && task.cost_used ? format.dollars(task.cost_used) : "",
        ]
          .filter(Boolean)
          .join(" · ")}
      </footer>
    </article>
  );
}

function Called({ call }: { call: Call }) {
  const t = useText(text);
  return (
    <>
      {t.tools[call.tool] ?? call.tool} {call.filename}
    </>
  );
}

/** What the agent's messages say that it called: only its owner reads them, and only the newest. */
function callsOf(messages: RoomMessage[], task: Task): Call[] {
  return messages
    .filter((message) => message.task_id === task.id)
    .sort((one, other) => (one.timestamp < other.timestamp ? -1 : 1))
    .flatMap((message) => message.tool_calls ?? [])
    .map((call) => {
      const { name = "", arguments: given = "{}" } =
        (call as { function?: { name?: string; arguments?: string } }).function ?? {};
      return { tool: name, filename: filenameIn(given) };
    });
}

function filenameIn(given: string): string | null {
  try {
    const { filename } = JSON.parse(given) as { filename?: unknown };
    return typeof filename === "string" ? filename : null;
  } catch {
    return null;
  }
}
