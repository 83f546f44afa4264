/** What sockets need and React Native lacks. Import it once, before anything else of the library. */
import "partysocket/event-target-polyfill";

// https://github.com/cloudflare/partykit/issues/401
if (typeof MessageEvent === "undefined") {
  class WithData extends Event {
    readonly data: unknown;

    constructor(type: string, from: { data?: unknown } = {}) {
      super(type);
      this.data = from.data;
    }
  }
  Object.assign(globalThis, { MessageEvent: WithData });
}
