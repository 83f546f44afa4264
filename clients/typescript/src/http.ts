/** The typed HTTP client: signed in, patient, and with errors that are thrown. */
import createClient, { type Client } from "openapi-fetch";

import { errorOf, NetworkError, retryAfter } from "./errors.js";
import type { paths } from "./generated/openapi.js";
import { newKey, pause } from "./timing.js";

/** Every operation of the contract. A response other than 2xx is thrown as a ResponseError. */
export type Api = Client<paths>;

/** The user's access token, of Supabase Auth. `refresh`: the last one was refused. */
export type GetToken = (how: { refresh: boolean }) => string | Promise<string>;

type Fetch = (request: Request) => Promise<Response>;

/** Tries of one request. With the pauses between them they take some 7 s, as long as a phone changes networks. */
const TRIES = 4;
const ANSWERED_WITHIN = 32_000;
/** Seconds of `Retry-After` that are waited out; of more, the app should know. */
const PATIENCE = 20;

export function createApi(url: string, getToken: GetToken, fetch: Fetch): Api {
  const api = createClient<paths>({ baseUrl: url, fetch: (request) => send(request, getToken, fetch) });
  api.use({
    async onResponse({ response }) {
      if (!response.ok) {
        throw await errorOf(response);
      }
    },
  });
  return api;
}

/** What a call answered; its errors are thrown by the call itself. */
export async function bodyOf<Body>(call: Promise<{ data?: Body }>): Promise<Body> {
  return (await call).data as Body;
}

/**
 * Sends a request until it is answered, or it is clear that it will not be soon.
 *
 * Each POST has an Idempotency-Key, so that none has its effect twice.
 */
async function send(request: Request, getToken: GetToken, fetch: Fetch): Promise<Response> {
  if (request.method === "POST" && !request.headers.has("idempotency-key")) {
    request.headers.set("idempotency-key", newKey());
  }
  for (let attempt = 1; ; attempt += 1) {
    const response = await signed(request, getToken, fetch);
    const wait = attempt < TRIES ? waitBefore(attempt, response) : undefined;
    if (wait === undefined) {
      if (response instanceof NetworkError) {
        throw response;
      }
      return response;
    }
    await pause(wait, request.signal);
  }
}

/** The response under the user's token; under a new one where the first is refused. */
async function signed(request: Request, getToken: GetToken, fetch: Fetch): Promise<Response | NetworkError> {
  const token = await getToken({ refresh: false });
  const response = await once(request, token, fetch);
  if (response instanceof NetworkError || response.status !== 401) {
    return response;
  }
  const fresh = await getToken({ refresh: true });
  return fresh && fresh !== token ? once(request, fresh, fetch) : response;
}

/** One try. A network that swallows it is given up: the HTTP API itself answers within 30 s. */
async function once(request: Request, token: string, fetch: Fetch): Promise<Response | NetworkError> {
  const giveUp = new AbortController();
  const abort = () => giveUp.abort();
  request.signal.addEventListener("abort", abort);
  const timer = setTimeout(abort, ANSWERED_WITHIN);
  const copy = new Request(request.clone(), { signal: giveUp.signal });
  copy.headers.set("authorization", `Bearer ${token}`);
  try {
    return await fetch(copy);
  } catch (fault) {
    if (request.signal.aborted) {
      throw fault;
    }
    return new NetworkError(fault);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", abort);
  }
}

/** Milliseconds after which to try again; undefined where that would be no use. */
function waitBefore(attempt: number, response: Response | NetworkError): number | undefined {
  const backoff = 1000 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  if (response instanceof NetworkError) {
    return backoff;
  }
  const said = retryAfter(response);
  if (response.status === 503 || response.status === 502 || response.status === 504) {
    return (said ?? 0) <= PATIENCE ? Math.max(backoff, 1000 * (said ?? 0)) : undefined;
  }
  // Of a problem document the app decides what 429 means to its user; the gateway's own is only a burst.
  const isBurst = response.status === 429 && !response.headers.get("content-type")?.includes("problem");
  return isBurst && (said ?? 0) <= PATIENCE ? Math.max(backoff, 1000 * (said ?? 0)) : undefined;
}
