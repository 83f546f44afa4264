/** A value that can be watched, in the form that React's useSyncExternalStore takes. */

export interface Observable<Value> {
  /** The value now; the same object until it changes. */
  getSnapshot(): Value;
  /** Calls `changed` after each change; returns what ends that. While somebody watches, the value is kept up to date. */
  subscribe(changed: () => void): () => void;
}

export class Store<Value> implements Observable<Value> {
  private readonly watchers = new Set<() => void>();

  constructor(
    private value: Value,
    private readonly watched: () => () => void = () => () => undefined,
  ) {}

  getSnapshot = (): Value => this.value;

  subscribe = (changed: () => void): (() => void) => {
    const end = this.watched();
    const watcher = () => changed(); // a function of its own: the same one may be given twice
    this.watchers.add(watcher);
    return () => {
      if (this.watchers.delete(watcher)) {
        end();
      }
    };
  };

  set(value: Value): void {
    if (value === this.value) {
      return;
    }
    this.value = value;
    for (const changed of [...this.watchers]) {
      changed();
    }
  }

  /** Change some members; where that changes nothing, nobody is told. */
  update(change: Partial<Value>): void {
    const names = Object.keys(change) as (keyof Value)[];
    if (names.some((name) => change[name] !== this.value[name])) {
      this.set({ ...this.value, ...change });
    }
  }
}

/** The value now, and then whenever it has changed; ends behind the one that is the last. */
export function changesOf<Value>(watched: Observable<Value>, isLast: (value: Value) => boolean): AsyncIterable<Value> {
  return {
    [Symbol.asyncIterator]() {
      let told: Value | undefined;
      let isOver = false;
      let wake: () => void = () => undefined;
      const end = watched.subscribe(() => wake());
      const stop = () => {
        isOver = true;
        end();
        return Promise.resolve({ value: undefined, done: true as const });
      };
      return {
        async next(): Promise<IteratorResult<Value>> {
          if (isOver) {
            return { value: undefined, done: true };
          }
          while (watched.getSnapshot() === told) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          told = watched.getSnapshot();
          if (isLast(told)) {
            void stop();
          }
          return { value: told, done: false };
        },
        return: stop,
      };
    },
  };
}
