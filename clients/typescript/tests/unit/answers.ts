/** A server that answers by method and path: what each is answered with next, the last one again and again. */
import { createHercules, type Hercules } from "../../src/index.js";

export interface Asked {
  name: string;
  body: unknown;
}

type Said = { status?: number; body?: unknown; after?: number };

export function answering(answers: Record<string, Said[]>): { hercules: Hercules; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const name = `${request.method} ${new URL(request.url).pathname}`;
    asked.push({ name, body: parsed(await request.text()) });
    const left = answers[name] ?? [{ status: 404, body: { code: "not_found" } }];
    const { status = 200, body = {}, after = 0 } = left.length > 1 ? left.shift()! : left[0]!;
    await new Promise((resolve) => setTimeout(resolve, after));
    const type = status < 400 ? "application/json" : "application/problem+json";
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "content-type": type } });
  };
  const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  return { hercules: createHercules({ url: "https://api.test", getToken: () => "token", fetch, storage }), asked };
}

function parsed(text: string): unknown {
  return text ? JSON.parse(text) : undefined;
}
