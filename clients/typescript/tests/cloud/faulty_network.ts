/** A network between the client and the cloud that a test can make lose, repeat and hold back what goes through it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

import type { Frame } from "../../src/events.js";
import { API_URL } from "./cloud.js";

/** What becomes of one HTTP request: nothing special, no connection, or the answer is lost on its way. */
type Fate = "pass" | "refuse" | "lose";

export class FaultyNetwork {
  /** Which frames arrive in place of one of the server's. */
  deliver: (frame: Frame, socket: WebSocket) => Frame[] = (frame) => [frame];
  /** Whether a frame of the client's arrives. */
  accept: (frame: Frame, socket: WebSocket) => boolean = () => true;
  /** Whether a socket is let in. */
  admit: () => boolean = () => true;
  request: (method: string, path: string) => Fate = () => "pass";
  /** How many sockets were let in. */
  opened = 0;
  /** Requests so far, as `GET /v1/…`. */
  readonly requests: string[] = [];
  private readonly http: Server;
  private readonly sockets = new WebSocketServer({ noServer: true });
  private upstream = "";

  private constructor() {
    this.http = createServer((request, response) => {
      this.forward(request, response).catch(() => response.destroy());
    });
    this.http.on("upgrade", (request, socket, head) => {
      if (!this.admit()) {
        socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      this.opened += 1;
      this.sockets.handleUpgrade(request, socket, head, (client) => this.join(client, request.url ?? ""));
    });
  }

  static async open(): Promise<FaultyNetwork> {
    const network = new FaultyNetwork();
    await new Promise<void>((resolve) => network.http.listen(0, "127.0.0.1", resolve));
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** Every socket breaks, without a word of goodbye. */
  cut(): void {
    this.sockets.clients.forEach((client) => client.terminate());
  }

  /** Every socket is closed as API Gateway closes one after two hours. */
  goAway(): void {
    this.sockets.clients.forEach((client) => client.close(1001, "Going away"));
  }

  close(): void {
    this.cut();
    this.http.close();
    this.http.closeAllConnections();
  }

  private async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    this.requests.push(`${request.method} ${path}`);
    const fate = this.request(request.method ?? "", path);
    if (fate === "refuse") {
      request.socket.destroy();
      return;
    }
    const answer = await fetch(API_URL + path, {
      method: request.method ?? "GET",
      headers: sendable(request),
      ...(request.method === "GET" ? {} : { body: new Uint8Array(await bodyOf(request)) }),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    if (fate === "lose") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, receivable(answer)).end(this.withOwnSocket(path, body));
  }

  /** A ticket names the address of the socket: that is to be ours. */
  private withOwnSocket(path: string, body: Buffer): Buffer {
    if (path !== "/v1/realtime/tickets") {
      return body;
    }
    const ticket = JSON.parse(body.toString());
    this.upstream = ticket.url ?? "";
    return Buffer.from(JSON.stringify({ ...ticket, url: this.url.replace("http:", "ws:") }));
  }

  private join(client: WebSocket, path: string): void {
    const server = new WebSocket(this.upstream + path.slice(path.indexOf("?")));
    const early: string[] = [];
    const toServer = (text: string) => (server.readyState === WebSocket.OPEN ? server.send(text) : early.push(text));
    server.on("open", () => early.splice(0).forEach((text) => server.send(text)));
    server.on("message", (data) => {
      this.deliver(JSON.parse(String(data)), client).forEach((frame) => client.send(JSON.stringify(frame)));
    });
    client.on("message", (data) => {
      if (this.accept(JSON.parse(String(data)), client)) {
        toServer(String(data));
      }
    });
    server.on("error", () => client.terminate());
    server.on("close", () => client.terminate());
    client.on("close", () => server.terminate());
    client.on("error", () => server.terminate());
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

function sendable(request: IncomingMessage): [string, string][] {
  const kept = ["authorization", "content-type", "idempotency-key", "prefer"];
  return kept.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : []));
}

function receivable(answer: Response): Record<string, string> {
  const kept = ["content-type", "retry-after", "location", "x-request-id"];
  return Object.fromEntries(
    kept.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)!]] : [])),
  );
}
