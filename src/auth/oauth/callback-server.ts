import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';

const PATH = '/callback';
const MAX_URL = 16 * 1024;

const HEAD = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

/** No word of the query stands on the page: whoever made the link could write there. */
function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Signalbox: ${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}</style>
<h1>${title}</h1><p>${text}</p></html>`;
}

/** What the authorization server sent the browser back with; its `state` is ours. */
export type CallbackParams = ReadonlyMap<string, string>;

/**
 * Listens on 127.0.0.1 for the browser to come back (RFC 8252, 7.3). It takes one answer, with the right `state`; anything
 * else is refused and changes nothing.
 */
export class CallbackServer {
  readonly redirectUri: string;
  readonly #server: Server;
  readonly #state: string;
  readonly #port: number;
  readonly #received = deferred<CallbackParams>();
  #isUsed = false;

  /**
   * @param port 0: a free one
   * @throws SignalboxError LISTEN_FAILED
   */
  static async listen(server: string, state: string, port: number): Promise<CallbackServer> {
    const http = createServer({ maxHeaderSize: MAX_URL });
    await new Promise<void>((resolve, reject) => {
      http.once('error', (error: NodeJS.ErrnoException) => {
        const message = `the port ${port} for the callback of the login cannot be used (${error.code ?? 'unknown'})`;
        reject(new SignalboxError('LISTEN_FAILED', message, { server, cause: error }));
      });
      http.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
    });
    return new CallbackServer(http, state);
  }

  private constructor(server: Server, state: string) {
    this.#server = server;
    this.#state = state;
    this.#port = (server.address() as AddressInfo).port;
    this.redirectUri = `http://127.0.0.1:${this.#port}${PATH}`;
    server.on('request', (request, response) => this.#serve(request, response));
    this.#received.promise.catch(() => undefined);
  }

  /** The one answer that counts. */
  get received(): Promise<CallbackParams> {
    return this.#received.promise;
  }

  /** Takes an answer that came another way, such as by copy and paste. False if it is none. */
  accept(text: string): boolean {
    const trimmed = text.trim();
    if (trimmed.length > MAX_URL || !URL.canParse(trimmed, this.redirectUri)) return false;
    return this.#take(new URL(trimmed, this.redirectUri).searchParams) === 'taken';
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const answer = (status: number, title: string, text: string): void => {
      response.writeHead(status, HEAD).end(page(title, text));
    };
    request.resume();
    const { host } = request.headers;
    // A page elsewhere whose name leads here (DNS rebinding) has another host.
    if (host !== `127.0.0.1:${this.#port}` && host !== `localhost:${this.#port}`) {
      answer(421, 'Not here', 'This address is not served here.');
      return;
    }
    const url = new URL(request.url ?? '/', this.redirectUri);
    if (request.method !== 'GET' || url.pathname !== PATH) {
      answer(404, 'Nothing here', 'There is nothing at this address.');
      return;
    }
    switch (this.#take(url.searchParams)) {
      case 'taken':
        answer(
          200,
          'Thank you',
          'Signalbox has got the answer and goes on where you started it. You can close this page.',
        );
        return;
      case 'used':
        answer(409, 'Already used', 'This login has been answered before. Start it again if you need it.');
        return;
      case 'foreign':
        answer(400, 'Not the answer', 'This is not the answer to a login that Signalbox has started.');
    }
  }

  #take(params: URLSearchParams): 'taken' | 'used' | 'foreign' {
    // S10: compared before anything else is looked at. Twice the same parameter is an attempt to confuse.
    const [state = '', ...others] = params.getAll('state');
    if (others.length > 0 || !isEqual(state, this.#state)) return 'foreign';
    if (this.#isUsed) return 'used';
    this.#isUsed = true;
    const single = [...new Set(params.keys())].filter((name) => params.getAll(name).length === 1);
    this.#received.resolve(new Map(single.map((name) => [name, params.get(name)!])));
    return 'taken';
  }
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
