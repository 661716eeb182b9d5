// Refresh tokens that are good once, and processes that share them: whoever uses one twice loses all of the family.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { FileTokenStore } from '../../src/auth/store/file-token-store.ts';
import { ClientFactory } from '../../src/client/client-factory.ts';
import { CANARY, headlessBrowser, startAuthServer } from '../helpers/auth-server.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';

checkHttpFixtures();

const PROGRAM = join(import.meta.dirname, '../fixtures/programs/refresh-token.mjs');
const ROUNDS = 100;
const PROCESSES = 2;

const children: ChildProcess[] = [];
let folder: string | undefined;
afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = child.exitCode !== null || new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** A process that calls the server on a word, and tells what came of it. */
class Caller {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  stderr = '';

  constructor(url: string, store: string) {
    this.child = spawn(process.execPath, [PROGRAM, url, store], { stdio: ['pipe', 'pipe', 'pipe'] });
    children.push(this.child);
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString('utf8');
    });
    this.#reader = createInterface({ input: this.child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    return done === true ? `ended: ${this.stderr}` : value;
  }

  call(): Promise<string> {
    this.child.stdin!.write('call\n');
    return this.next();
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin!.end();
    await gone;
    this.#reader.close();
  }
}

it('S09 F-079 two processes that meet a worthless token at the same instant, a hundred times: one renewal each time, and no token is lost', async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  const server = await startAuthServer();
  const store = new FileTokenStore({ folder });
  const factory = new ClientFactory({ authorization: { store, handler: headlessBrowser() } });
  const client = factory.create('issues', {
    type: 'http',
    url: server.url,
    'x-signalbox': { protocol: 'legacy' },
  });
  await client.authorize();
  await factory.shutdownAll({ drainMs: 0 });

  const callers = Array.from({ length: PROCESSES }, () => new Caller(server.url, folder!));
  expect(await Promise.all(callers.map((caller) => caller.next()))).toEqual(callers.map(() => 'ready'));
  for (let round = 1; round <= ROUNDS; round++) {
    server.expire();
    expect(await Promise.all(callers.map((caller) => caller.call())), `round ${round}`).toEqual(
      callers.map(() => 'ok'),
    );
    expect(server.granted['refresh_token']).toBe(round);
  }
  expect(server.stolen.size).toBe(0);
  await Promise.all(callers.map((caller) => caller.end()));
  // One file, no lock left, and the tokens stand nowhere else.
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  expect(readFileSync(join(folder, files[0]!), 'utf8')).toContain(CANARY);
  expect(callers.map(({ stderr }) => stderr)).toEqual(callers.map(() => ''));
}, 120_000);
