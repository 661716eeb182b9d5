// A real browser without a window, driven by the DevTools protocol: a few lines, where a library would bring a dozen packages.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../until.ts';
import { PipeConnection } from './pipe-connection.ts';

/** Why there is no browser on this machine; undefined if there is one. */
export const NO_CHROMIUM: string | undefined = fault();

function fault(): string | undefined {
  if (process.platform !== 'linux') return 'the browser of the tests is the one of Debian';
  const { error, status } = spawnSync('chromium', ['--version'], { stdio: 'ignore' });
  if (error !== undefined) return 'chromium is missing: apt-get install chromium';
  return status === 0 ? undefined : `chromium --version ended with ${status}`;
}

/** It asks nobody but this machine, and writes nowhere but into its folder. */
const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-breakpad',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--password-store=basic',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  '--window-size=800,600',
  '--remote-debugging-pipe',
];

/** A document or file that a page asked for, and what it got. */
export interface PageResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A browser with one page. */
export class Chromium {
  readonly responses: PageResponse[] = [];
  /** What the browser itself has to complain about, such as a broken content security policy. */
  readonly complaints: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #connection: PipeConnection;
  #session: string | undefined;

  static async launch(): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
    // A home of its own: the browser keeps caches beside its data, too.
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
    const child = spawn(
      'chromium',
      [...ARGUMENTS, `--user-data-dir=${join(folder, 'data')}`, 'about:blank'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
        detached: true,
        env,
      },
    );
    const browser = new Chromium(child, folder);
    try {
      await browser.#attach();
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    const [, , , commands, events] = child.stdio;
    this.#connection = new PipeConnection(commands as Writable, events as Readable, (method, params) =>
      this.#hear(method, params),
    );
    child.once('error', (error) => this.#connection.end(error));
    child.once('exit', (code) =>
      this.#connection.end(new Error(`the browser ended with ${code ?? 'a signal'}`)),
    );
  }

  /** Opens a page; resolves when the browser is on its way. */
  async open(url: URL): Promise<void> {
    await this.#send('Page.navigate', { url: url.href });
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until a loaded page has such an element. */
  async find(selector: string): Promise<void> {
    const start = performance.now();
    const isThere = `document.readyState === 'complete' && document.querySelector(${JSON.stringify(selector)}) !== null`;
    // Between two pages there is nothing to ask.
    while ((await this.evaluate(isThere).catch(() => false)) !== true) {
      if (performance.now() - start > PATIENCE_MS) {
        const text = String(await this.evaluate('location.href + "\\n" + document.body.innerText'));
        throw new Error(`waited in vain for ${selector} on ${text}`);
      }
      await pause(20);
    }
  }

  /** Types into a field, as a keyboard does. */
  async type(selector: string, text: string): Promise<void> {
    await this.find(selector);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    await this.#send('Input.insertText', { text });
  }

  /** Presses the mouse in the middle of an element. */
  async click(selector: string): Promise<void> {
    await this.find(selector);
    const { x, y } = (await this.evaluate(
      `(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
    )) as { x: number; y: number };
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.#send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  }

  /** A picture of the page, PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#send('Page.captureScreenshot', { format: 'png' })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  /** Ends the browser with all its processes, and removes what it wrote. */
  async close(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#isGone) {
      void this.#connection.send('Browser.close').catch(() => undefined);
      await until('the browser ends by itself', () => this.#isGone, GRACE_MS).catch(() =>
        process.kill(-pid, 'SIGKILL'),
      );
      await until('the browser has ended', () => this.#isGone);
    }
    for (const stream of this.#child.stdio) stream?.destroy();
    await until('all processes of the browser are gone', () => this.processes().length === 0).catch(() => {
      for (const one of this.processes()) process.kill(one, 'SIGKILL');
    });
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Whoever works in the folder of this browser, its helpers with other parents included. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .filter((pid) => commandOf(pid).includes(this.#folder))
      .map(Number);
  }

  get #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #attach(): Promise<void> {
    const { targetInfos } = (await this.#connection.send('Target.getTargets')) as {
      targetInfos: { targetId: string; type: string }[];
    };
    const targetId =
      targetInfos.find(({ type }) => type === 'page')?.targetId ??
      ((await this.#connection.send('Target.createTarget', { url: 'about:blank' })) as { targetId: string })
        .targetId;
    const attached = await this.#connection.send('Target.attachToTarget', { targetId, flatten: true });
    this.#session = (attached as { sessionId: string }).sessionId;
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await this.#send(`${domain}.enable`);
  }

  #send(method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#connection.send(method, params, this.#session);
  }

  #hear(method: string, params: unknown): void {
    if (method === 'Network.responseReceived') {
      const { url, status, headers } = (params as { response: PageResponse }).response;
      this.responses.push({ url, status, headers });
    }
    if (method === 'Log.entryAdded') {
      const { text, url = '' } = (params as { entry: { text: string; url?: string } }).entry;
      this.complaints.push(`${url} ${text}`);
    }
  }
}

const PATIENCE_MS = 30_000;
const GRACE_MS = 5000;

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has gone meanwhile
  }
}
