/** What an app keeps of Hercules on the device: what was shown last, and questions that no network has taken yet. */

/** As localStorage and React Native's AsyncStorage are. */
export interface Storage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** A question that is not known to have arrived. Its key makes sending it again harmless. */
export interface Unsent {
  sessionId: string;
  key: string;
  content: string;
  replaces?: string;
  /** Milliseconds of the epoch. */
  askedAt: number;
}

const PREFIX = "hercules:";
const INDEX = "index";
const OUTBOX = "outbox";

/** Writes one after the other, and never lets a full or broken storage disturb the app. */
export class Shelf {
  private work: Promise<unknown> = Promise.resolve();

  constructor(private storage: Storage | undefined) {}

  get isThere(): boolean {
    return this.storage !== undefined;
  }

  get<Value>(key: string): Promise<Value | undefined> {
    return this.next(async (storage) => parsed<Value>(await storage.getItem(PREFIX + key)));
  }

  set(key: string, value: unknown): Promise<void> {
    return this.next((storage) => put(storage, key, value)) as Promise<void>;
  }

  /** Delete all that was kept, and keep nothing from now on: the user signs out. */
  clear(): Promise<void> {
    const done = this.next(async (storage) => {
      const index = parsed<string[]>(await storage.getItem(PREFIX + INDEX)) ?? [];
      await Promise.all([INDEX, ...index].map((key) => storage.removeItem(PREFIX + key)));
    });
    this.storage = undefined;
    return done as Promise<void>;
  }

  unsent(): Promise<Unsent[]> {
    return this.get<Unsent[]>(OUTBOX).then((kept) => kept ?? []);
  }

  /** Note that a question is to be sent, or that it was. */
  note(change: (unsent: Unsent[]) => Unsent[]): Promise<void> {
    return this.next(async (storage) => {
      const unsent = parsed<Unsent[]>(await storage.getItem(PREFIX + OUTBOX)) ?? [];
      await put(storage, OUTBOX, change(unsent));
    }) as Promise<void>;
  }

  private next<Value>(job: (storage: Storage) => Promise<Value>): Promise<Value | undefined> {
    const { storage } = this;
    if (!storage) {
      return Promise.resolve(undefined);
    }
    const done = this.work.then(() => job(storage)).catch(() => undefined);
    this.work = done;
    return done;
  }
}

/** Write a thing, and note that it is there, so that all of it can be deleted. */
async function put(storage: Storage, key: string, value: unknown): Promise<void> {
  await storage.setItem(PREFIX + key, JSON.stringify(value));
  const index = parsed<string[]>(await storage.getItem(PREFIX + INDEX)) ?? [];
  if (!index.includes(key)) {
    await storage.setItem(PREFIX + INDEX, JSON.stringify([...index, key]));
  }
}

function parsed<Value>(text: string | null): Value | undefined {
  try {
    return text === null ? undefined : (JSON.parse(text) as Value);
  } catch {
    return undefined;
  }
}
