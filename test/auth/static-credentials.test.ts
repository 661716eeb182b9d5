// Credentials that need no login: where their secrets come from, and what becomes of them.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../src/auth/credential-source.ts';
import { runProgram } from '../../src/auth/program/run-program.ts';
import { keyringCommand } from '../../src/auth/static/keyring.ts';
import { readSecret, type SecretOrigin } from '../../src/auth/static/secret-reader.ts';
import { type StaticCredential, staticSource } from '../../src/auth/static/static-source.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type LogFields, silentLogger } from '../../src/core/log.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { trackProcesses } from '../helpers/leak-check.ts';

trackProcesses();

const CANARY = 'canary-3b1d';
const directory = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const warnings: string[] = [];
const logger = {
  ...silentLogger,
  warn: (message: string, fields?: LogFields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
};
const told: string[] = [];
const context = (more: object = {}) => ({
  server: 'issues',
  clock: systemClock,
  logger,
  taken: new Set<string>(),
  onSecret: (secret: string) => void told.push(secret),
  ...more,
});
const node = (script: string): string[] => [process.execPath, '-e', script];
const request = { method: 'POST', url: new URL('https://h/mcp') };
const ask = async (source: CredentialSource) => await source.headers(request);
const refused = (
  source: CredentialSource,
  sent: readonly string[] | undefined,
  refusals = 1,
  status: 401 | 403 = 401,
) => source.refused({ status, challenges: [], headers: {}, request, sent, refusals });

const faultOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = (await promise.catch((thrown: unknown) => thrown)) as { code: string; message: string };
  expect(error.code).toBe('CONFIG_INVALID');
  expect(JSON.stringify([error, error.message])).not.toContain(CANARY);
  return error.message;
};

describe('a secret', () => {
  const file = join(directory, 'secret');
  writeFileSync(file, `${CANARY}\n`, { mode: 0o600 });

  it.each<[string, SecretOrigin]>([
    ['the entry itself', CANARY],
    ['a variable', { env: 'SECRET' }],
    ['a file', { file }],
    ['a program', { command: node(`console.log('${CANARY}')`) }],
  ])('comes from %s', async (_what, origin) => {
    const secret = await readSecret(origin, context({ environment: { SECRET: CANARY } }));
    expect(secret.reveal()).toBe(CANARY);
    expect(String(secret)).toBe('***');
  });

  it.each<[string, SecretOrigin, string]>([
    ['a variable that is not set', { env: 'NONE' }, 'NONE, which is not set'],
    ['an empty variable', { env: 'EMPTY' }, 'is empty'],
    ['a file that is not there', { file: join(directory, 'none') }, 'ENOENT'],
    ['a folder', { file: directory }, 'is no file'],
    ['a program that is not there', { command: ['signalbox-none'] }, 'could not be started'],
    [
      'a program that fails',
      { command: node(`console.log('${CANARY}'); process.exit(3)`) },
      'ended with code 3',
    ],
    [
      'a program that talks without end',
      { command: node(`for(;;) process.stdout.write('${CANARY}'.repeat(1000))`) },
      'more than 65536',
    ],
  ])('S18 of %s: a sentence without it', async (_what, origin, message) => {
    expect(await faultOf(readSecret(origin, context({ environment: { EMPTY: '' } })))).toContain(message);
  });

  it('in a file that others can read is warned of', async () => {
    const open = join(directory, 'open');
    writeFileSync(open, CANARY);
    chmodSync(open, 0o644);
    await readSecret({ file: open }, context());
    expect(warnings.join()).toContain('chmod 600');
    expect(warnings.join()).not.toContain(CANARY);
  });

  it('of the keyring is asked for by arguments, where there is one', () => {
    const entry = { service: 'a b; c', account: 'me' };
    expect(keyringCommand(entry, 'linux')).toEqual([
      'secret-tool',
      'lookup',
      'service',
      'a b; c',
      'account',
      'me',
    ]);
    expect(keyringCommand(entry, 'darwin')).toEqual([
      'security',
      'find-generic-password',
      '-s',
      'a b; c',
      '-a',
      'me',
      '-w',
    ]);
    expect(keyringCommand(entry, 'win32')).toBeUndefined();
  });
});

describe('runProgram', () => {
  it('ends a program that takes too long, and does not wait for what that has started', async () => {
    const clock = new FakeClock();
    const command = node(
      `require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { stdio: 'inherit' })`,
    );
    const run = runProgram({ command, timeoutMs: 5000, clock, purpose: 'the program', server: 'issues' });
    const fault = faultOf(run);
    await clock.advance(5000);
    expect(await fault).toContain('did not end within 5000 ms');
  });
});

describe('staticSource', () => {
  it.each<[StaticCredential, readonly string[]]>([
    [{ type: 'bearer', token: CANARY }, ['authorization', `Bearer ${CANARY}`]],
    [
      { type: 'basic', user: 'mé', password: CANARY },
      ['authorization', `Basic ${Buffer.from(`mé:${CANARY}`).toString('base64')}`],
    ],
    [{ type: 'header', name: 'X-Api-Key', value: CANARY }, ['x-api-key', CANARY]],
    [
      {
        type: 'command',
        command: node(
          `console.log(JSON.stringify({ 'X-A': '${CANARY}', Authorization: 'Bearer ${CANARY}b' }))`,
        ),
      },
      ['x-a', CANARY, 'authorization', `Bearer ${CANARY}b`],
    ],
  ])(
    'S18 %j gives its headers, and tells its secrets to whoever keeps logs clean',
    async (credential, expected) => {
      told.length = 0;
      const source = staticSource(credential, context());
      expect(await ask(source)).toEqual(expected);
      expect(told).toContain(CANARY);
      const echo = `you sent ${expected.join(' ')}`;
      expect(source.conceal(echo)).not.toContain(CANARY);
      expect(source.conceal(echo)).not.toContain(Buffer.from(`mé:${CANARY}`).toString('base64'));
    },
  );

  it('looks a secret up once for many requests, and once more when the server refuses it', async () => {
    const file = join(directory, 'rotated');
    writeFileSync(file, 'one', { mode: 0o600 });
    const source = staticSource({ type: 'bearer', token: { file } }, context());
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(source)));
    expect(new Set(all).size).toBe(1);
    const [sent] = all;
    // Nothing has changed: what the server said stands.
    expect(await refused(source, sent)).toEqual({ kind: 'leave' });
    writeFileSync(file, 'two', { mode: 0o600 });
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => refused(source, sent)));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(['again']));
    expect(await ask(source)).toEqual(['authorization', 'Bearer two']);
    expect(await refused(source, await ask(source), 2)).toEqual({ kind: 'leave' });
    expect(await refused(source, sent, 1, 403)).toEqual({ kind: 'leave' });
  });

  it('runs a command for headers anew when its headers end', async () => {
    const clock = new FakeClock();
    const counter = join(directory, 'counter');
    writeFileSync(counter, '0');
    const script = `const fs = require('fs'); const n = +fs.readFileSync(${JSON.stringify(counter)}, 'utf8') + 1;
      fs.writeFileSync(${JSON.stringify(counter)}, String(n));
      console.log(JSON.stringify({ headers: { 'x-n': String(n) }, expiresInSeconds: 60 }));`;
    const source = staticSource({ type: 'command', command: node(script) }, context({ clock }));
    expect(await ask(source)).toEqual(['x-n', '1']);
    expect(await ask(source)).toEqual(['x-n', '1']);
    await clock.advance(61_000);
    expect(await ask(source)).toEqual(['x-n', '2']);
  });

  it.each<[string, string]>([
    [`console.log('no json ${CANARY}')`, 'no JSON object'],
    ['console.log("[]")', 'no JSON object'],
    ['console.log("{}")', 'printed 0 headers'],
    [`console.log(JSON.stringify({ 'x-a': '${CANARY}\\nx: y' }))`, 'HTTP does not allow'],
    [`console.log(JSON.stringify({ 'x a': '${CANARY}' }))`, 'HTTP does not allow'],
    ['console.log(JSON.stringify({ "x-a": 5 }))', 'HTTP does not allow'],
    [`console.log(JSON.stringify({ 'Mcp-Session-Id': '${CANARY}' }))`, 'which the protocol sets itself'],
    [`console.log(JSON.stringify({ Host: '${CANARY}' }))`, 'which the protocol sets itself'],
    [`console.log(JSON.stringify({ 'X-Taken': '${CANARY}' }))`, 'which "headers" sets already'],
  ])('S08 refuses what %s prints', async (script, message) => {
    const source = staticSource(
      { type: 'command', command: node(script) },
      context({ taken: new Set(['x-taken']) }),
    );
    expect(await faultOf(Promise.resolve(ask(source)))).toContain(message);
  });

  it('S08 refuses a secret with a line break', async () => {
    const source = staticSource(
      { type: 'bearer', token: { env: 'S' } },
      context({ environment: { S: `${CANARY}\r\nx: y` } }),
    );
    expect(await faultOf(Promise.resolve(ask(source)))).toContain('cannot carry');
  });
});
