import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';

const PATH = '/callback';
const MAX_URL = 16 * 1024;

const STYLE = `:root{color-scheme:light dark}
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:18vh auto 0;padding:0 1.5rem;color:#1d2430;background:#f4f5f7}
main{padding:1.5rem 2rem;border-radius:.75rem;border-left:.4rem solid #b3261e;background:#fff;box-shadow:0 1px 4px #0003}
main.done{border-color:#1b7f4b}
h1{font-size:1.5rem;line-height:1.2;margin:0 0 .5rem}
p{margin:0}
@media (prefers-color-scheme:dark){body{color:#e6e8ec;background:#15181d}main{background:#20242b}}`;

// Exactly this style and nothing else: neither could anything be loaded, nor sent, nor framed.
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const HEAD = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

/** No word of the query stands on a page: whoever made the link could write there. */
const PAGES = {
  taken: {
    status: 200,
    title: 'Thank you',
    text: 'Signalbox has got the answer and goes on where you started it. You can close this page.',
  },
  refused: {
    status: 200,
    title: 'No access',
    text: 'Access was not allowed. You find the reason where you started the login, and can close this page.',
  },
  used: {
    status: 409,
    title: 'Already used',
    text: 'This login has been answered before. Start it again if you need it.',
  },
  foreign: {
    status: 400,
    title: 'Not the answer',
    text: 'This is not the answer to a login that Signalbox has started.',
  },
  nothing: { status: 404, title: 'Nothing here', text: 'There is nothing at this address.' },
  elsewhere: { status: 421, title: 'Not here', text: 'This address is not served here.' },
} as const satisfies Readonly<Record<string, Page>>;

function show(response: ServerResponse, { status, title, text }: Page): void {
  const look = title === PAGES.taken.title ? ' class="done"' : '';
  response.writeHead(status, HEAD).end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} – Signalbox</title>
<style>${STYLE}</style>
</head>
<body>
<main${look}><h1>${title}</h1><p>${text}</p></main>
</body>
</html>
`);
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
    const outcome = this.#take(new URL(trimmed, this.redirectUri).searchParams);
    return outcome === 'taken' || outcome === 'refused';
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const { host } = request.headers;
    // A page elsewhere whose name leads here (DNS rebinding) has another host.
    if (host !== `127.0.0.1:${this.#port}` && host !== `localhost:${this.#port}`) {
      show(response, PAGES.elsewhere);
      return;
    }
    const url = new URL(request.url ?? '/', this.redirectUri);
    const isOurs = request.method === 'GET' && url.pathname === PATH;
    show(response, PAGES[isOurs ? this.#take(url.searchParams) : 'nothing']);
  }

  #take(params: URLSearchParams): 'taken' | 'refused' | 'used' | 'foreign' {
    // S10: compared before anything else is looked at. Twice the same parameter is an attempt to confuse.
    const [state = '', ...others] = params.getAll('state');
    if (others.length > 0 || !isEqual(state, this.#state)) return 'foreign';
    if (this.#isUsed) return 'used';
    this.#isUsed = true;
    const single = [...new Set(params.keys())].filter((name) => params.getAll(name).length === 1);
    this.#received.resolve(new Map(single.map((name) => [name, params.get(name)!])));
    return params.has('error') ? 'refused' : 'taken';
  }
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
