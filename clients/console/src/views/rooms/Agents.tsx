import type { RoomState, Task } from "@hercules/client";
import { useEffect, useRef, useState } from "react";

import { useText } from "../../i18n/language";
import { AgentCard } from "./AgentCard";
import { text } from "./text";
import { wavesOf } from "./waves";

/** Who works on what, in the order in which one waits for another: a graph from left to right, on a phone from top to bottom. */
export function Agents({ state, isOwner }: { state: RoomState; isOwner: boolean }) {
  const t = useText(text);
  const parts = [...new Set(state.tasks.map((task) => task.part))].sort((one, other) => other - one);
  const [current, ...earlier] = parts;
  const isPlanning = state.room?.part !== current && ["pending", "processing"].includes(state.room?.status ?? "");
  return (
    <section aria-label={t.agents} className="stack">
      <h2>{t.agents}</h2>
      {isPlanning && (
        <p className="notice" role="status">
          {t.planning}
        </p>
      )}
      {current !== undefined && <Graph state={state} part={current} isOwner={isOwner} />}
      {earlier.map((part) => (
        <details key={part} className="room-earlier">
          <summary>{t.part(part)}</summary>
          <Graph state={state} part={part} isOwner={isOwner} />
        </details>
      ))}
    </section>
  );
}

function Graph({ state, part, isOwner }: { state: RoomState; part: number; isOwner: boolean }) {
  const graph = useRef<HTMLDivElement>(null);
  const tasks = state.tasks.filter((task) => task.part === part);
  const paths = usePaths(graph, tasks);
  return (
    <div className="room-graph" ref={graph}>
      <svg aria-hidden="true">
        {paths.map((path) => (
          <path key={path.name} d={path.line} className={path.isDone ? "done" : undefined} />
        ))}
      </svg>
      {wavesOf(tasks).map((wave, at) => (
        <div key={at} className="room-wave">
          {wave.map((task) => (
            <AgentCard key={task.id} task={task} state={state} isOwner={isOwner} />
          ))}
        </div>
      ))}
    </div>
  );
}

interface Path {
  name: string;
  line: string;
  /** What was waited for is there. */
  isDone: boolean;
}

/** A line from each task to those that wait for it, drawn anew when a card changes its size. */
function usePaths(graph: React.RefObject<HTMLDivElement | null>, tasks: Task[]): Path[] {
  const [paths, setPaths] = useState<Path[]>([]);
  const edges = tasks.flatMap((task) => task.depends_on.map((key) => ({ from: key, to: task.key })));
  const done = tasks.filter((task) => task.status === "done").map((task) => task.key);
  const drawn = JSON.stringify({ edges, done });
  useEffect(() => {
    const element = graph.current;
    if (!element) {
      return;
    }
    const { edges, done } = JSON.parse(drawn) as { edges: { from: string; to: string }[]; done: string[] };
    const observer = new ResizeObserver(() => {
      const lines = edges.map(({ from, to }) => ({
        name: `${from} ${to}`,
        line: lineOf(element, from, to),
        isDone: done.includes(from),
      }));
      setPaths(lines.filter(({ line }) => line));
    });
    [element, ...element.querySelectorAll("article")].forEach((one) => observer.observe(one));
    return () => observer.disconnect();
  }, [graph, drawn]);
  return paths;
}

function lineOf(graph: HTMLElement, from: string, to: string): string {
  const around = graph.getBoundingClientRect();
  const [start, end] = [from, to].map((key) => graph.querySelector(`[data-task="${key}"]`)?.getBoundingClientRect());
  if (!start || !end) {
    return "";
  }
  const [x1, y1] = [start.right - around.left, start.top + 28 - around.top];
  const [x2, y2] = [end.left - around.left, end.top + 28 - around.top];
  const half = (x2 - x1) / 2;
  return x2 > x1 ? `M${x1} ${y1}C${x1 + half} ${y1} ${x2 - half} ${y2} ${x2} ${y2}` : ""; // on a phone one is below the other
}
