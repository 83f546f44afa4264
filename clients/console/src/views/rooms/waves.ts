import type { Task } from "@hercules/client";

/** Tasks by how many others stand before them at most: those of one wave may run side by side. */
export function wavesOf(tasks: Task[]): Task[][] {
  const byKey = new Map(tasks.map((task) => [task.key, task]));
  const depths = new Map<string, number>();
  const depthOf = (task: Task): number => {
    const known = depths.get(task.key);
    if (known !== undefined) {
      return known;
    }
    depths.set(task.key, 0); // a plan has no circle; one would end here
    const before = task.depends_on.flatMap((key) => byKey.get(key) ?? []);
    const depth = Math.max(0, ...before.map((one) => depthOf(one) + 1), task.round > 0 ? 1 : 0);
    depths.set(task.key, depth);
    return depth;
  };
  const waves: Task[][] = [];
  [...tasks]
    .sort((one, other) => one.position - other.position)
    .forEach((task) => (waves[depthOf(task)] ??= []).push(task));
  return waves.filter(Boolean);
}
