import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CANARY, headlessBrowser, startAuthServer } from '../helpers/auth-server.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type CliOutcome, cli, openStdin, type RunningCli, startCli, writeConfig } from './cli-run.ts';

checkHttpFixtures();

const directory = temporaryDirectory();
const outcomes: CliOutcome[] = [];
afterEach(() => {
  const printed = outcomes
    .splice(0)
    .map(({ stdout, stderr }) => stdout + stderr)
    .join('\n');
  expect(printed).not.toContain(CANARY);
});

async function setUp(): Promise<{
  run: (...args: string[]) => Promise<CliOutcome>;
  start: (...args: string[]) => RunningCli;
  tokens: () => string;
  stdin: ReturnType<typeof openStdin>;
  server: Awaited<ReturnType<typeof startAuthServer>>;
}> {
  const server = await startAuthServer();
  const { folder } = writeConfig(directory, {
    issues: { type: 'http', url: server.url, 'x-signalbox': { protocol: 'legacy', retry: false } },
    fixed: { type: 'http', url: server.url, headers: { Authorization: `Bearer ${CANARY}-fixed` } },
  });
  const env = { XDG_STATE_HOME: join(folder, 'state') };
  const stdin = openStdin();
  const files = join(folder, 'state', 'signalbox', 'tokens');
  return {
    server,
    stdin,
    run: async (...args) => {
      const outcome = await cli(args, { cwd: folder, env });
      outcomes.push(outcome);
      return outcome;
    },
    start: (...args) => startCli(args, { cwd: folder, env, stdin }),
    tokens: () =>
      readdirSync(files)
        .map((name) => readFileSync(join(files, name), 'utf8'))
        .join(),
  };
}

/** Stands for the person: opens what was printed. */
async function open(running: RunningCli): Promise<void> {
  await until('the address is printed', () => running.stdout().includes('\n'));
  const line = running.stdout().split('\n')[0]!;
  const url = new URL(
    line.startsWith('{') ? (JSON.parse(line) as { authorize: { url: string } }).authorize.url : line,
  );
  const redirectUri = url.searchParams.get('redirect_uri')!;
  const prompt = { server: 'issues', url, redirectUri, expiresAtMs: 0 };
  await headlessBrowser().authorize(prompt, new AbortController().signal);
}

describe('signalbox auth', () => {
  it('S09 login prints the address as it is, keeps the token, and every command uses it from then on', async () => {
    const { run, start, server, tokens } = await setUp();
    const before = await run('list', 'issues');
    expect(before.code).toBe(4);
    expect((await run('call', 'issues__who')).code).toBe(3);

    const login = start('auth', 'login', 'issues', '--print');
    await open(login);
    const outcome = await login.outcome;
    outcomes.push(outcome);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain(`issues is logged in (${server.origin})`);
    expect(tokens()).toContain(CANARY);

    expect((await run('list', 'issues')).stdout).toContain('who');
    expect((await run('auth', 'login', 'issues')).stdout).toContain('is logged in already');
    expect(server.granted).toEqual({ authorization_code: 1 });
  });

  it('status tells who is logged in, as a table and as JSON', async () => {
    const { run, start, server } = await setUp();
    const facts = async (): Promise<unknown> => {
      const { servers } = JSON.parse((await run('auth', 'status', '--json')).stdout) as {
        servers: { server: string }[];
      };
      return servers;
    };
    expect(await facts()).toMatchObject([
      { server: 'issues', possible: true, authorized: false },
      { server: 'fixed', possible: false, authorized: false },
    ]);
    const login = start('auth', 'login', 'issues', '--print', '--json');
    await open(login);
    outcomes.push(await login.outcome);
    expect(await facts()).toMatchObject([
      { server: 'issues', authorized: true, issuer: server.origin, scope: 'basic', renewable: true },
      { server: 'fixed' },
    ]);
    const { stdout } = await run('auth', 'status');
    expect(stdout).toMatch(/issues +yes +renewed +http:\/\/127\.0\.0\.1:\d+ +basic/u);
    expect(stdout).toMatch(/fixed +not by login/u);
  });

  it('login --paste reads the address that the browser ended up at', async () => {
    const { start, stdin } = await setUp();
    const login = start('auth', 'login', 'issues', '--paste');
    await until('the address is printed', () => login.stdout().includes('\n'));
    const response = await fetch(login.stdout().trim(), {
      redirect: 'manual',
      headers: { connection: 'close' },
    });
    stdin.write(`${response.headers.get('location')!}\n`);
    const outcome = await login.outcome;
    stdin.destroy();
    outcomes.push(outcome);
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('is logged in') });
  });

  it('logout forgets, and takes the tokens back', async () => {
    const { run, start, server, tokens } = await setUp();
    const login = start('auth', 'login', 'issues', '--print');
    await open(login);
    outcomes.push(await login.outcome);
    expect((await run('auth', 'logout', 'issues')).stdout).toContain('issues is logged out');
    expect(tokens()).toBe('');
    expect([server.tokens.size, server.refreshTokens.size]).toEqual([0, 0]);
    expect((await run('auth', 'logout', 'fixed')).stderr).toContain('nothing to log in to');
    expect((await run('auth', 'login', 'nobody')).code).toBe(2);
  });

  it('login can be interrupted, and leaves no callback behind', async () => {
    const { start } = await setUp();
    const login = start('auth', 'login', 'issues', '--print');
    await until('the address is printed', () => login.stdout().includes('\n'));
    const callback = new URL(login.stdout().trim()).searchParams.get('redirect_uri')!;
    login.interruption.interrupt('SIGINT');
    const outcome = await login.outcome;
    outcomes.push(outcome);
    expect(outcome.code).toBe(130);
    await expect(fetch(callback)).rejects.toThrow();
  });

  it('says in the hint of an error how to log in', async () => {
    const { run } = await setUp();
    const { stderr } = await run('read', 'a://b', '--server', 'issues');
    expect(stderr).toContain('`signalbox auth login issues`');
  });
});
