import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** oidc-provider and a server on the official package that wants its tokens, in a process of their own. */
export interface OidcProtected {
  /** The protected server. */
  readonly mcp: string;
  readonly issuer: string;
  /** Tells the fixture something: see its head. */
  control(what: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startOidcProtected(...args: string[]): Promise<OidcProtected> {
  const program = join(import.meta.dirname, '../fixtures/servers/oidc-protected.mjs');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  if (typeof value !== 'string') throw new Error('the authorization server did not start');
  const { mcp, issuer } = JSON.parse(value) as { mcp: string; issuer: string };
  return {
    mcp,
    issuer,
    async control(what) {
      const response = await fetch(new URL(`/${what}`, mcp), {
        method: 'POST',
        headers: { connection: 'close' },
      });
      if (response.status !== 204) throw new Error(`${what}: HTTP ${response.status}`);
    },
    stop: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** A browser that keeps cookies and follows redirects, as a person's would; without pages to look at. */
export class CookieBrowser {
  readonly #cookies: Map<string, string> = new Map();

  /** Opens an address, with a form that is filled in or without. Resolves with the page at the end of all redirects. */
  async open(url: URL, form?: Readonly<Record<string, string>>): Promise<string> {
    let next = url;
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hop = 0; hop < 12; hop++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, {
        redirect: 'manual',
        headers: { cookie, connection: 'close' },
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      const text = await response.text();
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (location === null) return text;
      next = new URL(location, next);
      body = undefined;
    }
    throw new Error(`${url.origin} redirects for ever`);
  }
}
