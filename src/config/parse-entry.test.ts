import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import { sanitizePeerText } from '../core/peer-text.ts';
import type { EntryProblem } from './entry-error.ts';
import { type ParsedEntry, type ParseEntryOptions, parseEntry } from './parse-entry.ts';

const accept = (raw: unknown, options?: ParseEntryOptions): ParsedEntry => parseEntry('files', raw, options);

function refuse(raw: unknown, options?: ParseEntryOptions, name = 'files'): SignalboxError {
  try {
    parseEntry(name, raw, options);
  } catch (error) {
    if (error instanceof SignalboxError) return error;
    throw error;
  }
  throw new Error('the entry was accepted');
}

const problems = (error: SignalboxError): readonly EntryProblem[] =>
  error.details['problems'] as EntryProblem[];
const web = { url: 'https://h/mcp' };
const program = { command: 'node' };
const own = (settings: unknown, base: object = program): object => ({ ...base, 'x-signalbox': settings });

describe('the kind of transport', () => {
  it.each([
    [{ command: 'node' }, 'stdio'],
    [{ type: 'stdio', command: 'node' }, 'stdio'],
    [{ url: 'http://h/mcp' }, 'auto'],
    [{ type: 'http', url: 'http://h/mcp' }, 'http'],
    [{ type: 'streamable-http', url: 'http://h/mcp' }, 'http'],
    [{ type: 'streamableHttp', url: 'http://h/mcp' }, 'http'],
    [{ type: 'sse', url: 'http://h/sse' }, 'sse'],
    [{ type: 'rest', url: 'http://h' }, 'rest'],
    [{ url: 'http://h/mcp', serverUrl: 'http://h/mcp' }, 'auto'],
    [{ type: 'http', transport: 'sse', url: 'http://h/mcp' }, 'http'],
  ])('%j is %s', (raw, kind) => {
    expect(accept(raw).kind).toBe(kind);
  });

  it('writes the alias of a type as http', () => {
    expect(accept({ type: 'streamableHttp', url: 'http://h/mcp' }).entry.type).toBe('http');
  });

  it.each([
    [{}, 'neither "command" (a program) nor "url"'],
    [{ command: 'node', url: 'http://h' }, 'keep the one that is meant'],
    [{ type: 'stdio', command: 'node', url: 'http://h' }, 'keep the one that is meant'],
    [{ type: 'stdio' }, '"command" is missing, which type "stdio" needs'],
    [{ type: 'sse' }, '"url" is missing, which type "sse" needs'],
    [{ type: 'ws', url: 'ws://h' }, 'known are "stdio", "http", "sse", "rest"'],
    [{ type: 'local', command: 'node' }, 'write "stdio" instead'],
    [{ type: 'remote', url: 'http://h' }, 'write "http" instead'],
    [{ type: 5, command: 'node' }, '"type" is 5'],
    [{ transport: 'sse', url: 'http://h' }, '"transport" is not read; write "type" instead'],
    [{ serverUrl: 'http://h' }, '"serverUrl" is not read; write "url" instead'],
    [{ baseUrl: 'http://h' }, '"baseUrl" is not read; write "url" instead'],
    [{ httpUrl: 'http://h' }, '"httpUrl" is not read; write "url" instead'],
    [{ type: 'http', httpUrl: 'http://h' }, '"httpUrl" is not read; write "url" instead'],
    [{ cmd: 'node' }, '"cmd" is not read; write "command" instead'],
    [{ command: 'node', enabled: false }, 'write "disabled": true instead'],
    ['node', 'the entry is text'],
    [null, 'the entry is null'],
    [[], 'the entry is a list'],
  ])('refuses %j', (raw, message) => {
    expect(refuse(raw).message).toContain(message);
  });

  it('checks only the common keys of a registered kind', () => {
    const raw = { type: 'ws', url: 'ws://h', command: ['kept', 'as', 'it', 'is'], timeout: 5000 };
    const { kind, entry } = accept(raw, { kinds: ['ws'] });
    expect(kind).toBe('ws');
    expect(entry).toEqual(raw);
    expect(refuse({ type: 'ws', timeout: 'long' }, { kinds: ['ws'] }).message).toContain(
      '"timeout" is "long"',
    );
  });
});

describe('what an entry keeps', () => {
  it('keeps keys of other hosts untouched', () => {
    const theirs = { watchPaths: ['a'], dev: { watch: 'src/**' }, sandbox: null };
    expect(accept({ ...program, ...theirs }).entry).toEqual({ ...program, ...theirs });
  });

  it.each([
    [{ command: 'node', args: ['a.js'], env: { PORT: 3000 }, cwd: undefined, timeout: 500 }],
    [{ type: 'streamable-http', url: 'http://h/mcp', headers: { 'X-Version': 1 }, oauth: { scopes: ['a'] } }],
    [own({ timeouts: { request: false, total: Number.POSITIVE_INFINITY }, retry: false, launch: undefined })],
    [{ command: 'node', alwaysAllow: ['read'], strange: { nested: [1, null] } }],
  ])('changes nothing on its own output: %j', (raw) => {
    const once = accept(raw);
    expect(accept(once.entry)).toEqual(once);
  });

  it('takes numbers in env and headers as text', () => {
    expect(accept({ ...program, env: { PORT: 3000 } }).entry.env).toEqual({ PORT: '3000' });
    expect(accept({ ...web, headers: { 'X-Version': 2 } }).entry.headers).toEqual({ 'X-Version': '2' });
  });

  it('S01 passes arguments on as they are, line breaks included', () => {
    const args = ['; touch pwned', '$(id)', '&&', 'two\nlines', ''];
    expect(accept({ ...program, args }).entry.args).toEqual(args);
    const env = { PEM: '-----BEGIN\nKEY-----' };
    expect(accept({ ...program, env }).entry.env).toEqual(env);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('S20 a key %s harms nothing', (key) => {
    const raw = JSON.parse(
      `{"command":"node","${key}":{"polluted":true},"env":{"${key}":"x"},"oauth":{"${key}":{"polluted":true}}}`,
    ) as unknown;
    const { entry } = accept(raw);
    expect(Object.getPrototypeOf(entry)).toBeNull();
    expect(Object.getPrototypeOf(entry.env)).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(refuse(JSON.parse(`{"command":"node","x-signalbox":{"${key}":1}}`)).message).toContain(key);
  });
});

describe('wrong values', () => {
  it.each([
    [{ command: '' }, '"command" is empty; name the program to run'],
    [{ command: '  ' }, '"command" is empty'],
    [{ command: ['node', 'a.js'] }, 'its arguments as "args"'],
    [{ command: 'no\0de' }, '"command" contains a line break or NUL'],
    [{ command: 'node\n' }, '"command" contains a line break or NUL'],
    [{ ...program, args: 'a.js' }, '"args" is text; write a list'],
    [{ ...program, args: ['a', 5] }, '"args[1]" is a number; write text'],
    [{ ...program, args: ['a\0'] }, '"args[0]" contains a NUL'],
    [{ ...program, env: { A: true } }, '"env.A" is true; write it as text'],
    [{ ...program, env: { A: null } }, 'leave the variable out'],
    [{ ...program, env: { A: 'x\0' } }, '"env.A" contains a NUL'],
    [{ ...program, env: { 'A=B': 'x' } }, 'cannot be the name of a variable'],
    [{ ...program, env: ['A=1'] }, '"env" is a list; write an object'],
    [{ ...program, cwd: '' }, '"cwd" is empty'],
    [{ ...program, envFile: 5 }, '"envFile" is a number'],
    [{ ...program, disabled: 'yes' }, '"disabled" is "yes"; write true or false'],
    [{ ...program, timeout: 0 }, '"timeout" is 0; write a number of milliseconds from 1 to 2147483647'],
    [{ ...program, timeout: '60s' }, '"timeout" is "60s"'],
    [{ ...program, timeout: -5 }, '"timeout" is -5'],
    [{ ...program, timeout: Number.NaN }, '"timeout" is NaN'],
    [{ ...program, timeout: Number.POSITIVE_INFINITY }, '"timeout" is Infinity'],
    [{ ...program, enabledTools: '*' }, '"enabledTools" is text; write a list'],
    [{ ...program, disabledTools: [1] }, '"disabledTools[0]" is a number'],
    [{ url: '' }, '"url" is empty'],
    [{ url: 'h/mcp' }, '"url" is not a URL'],
    [{ url: 'file:///etc/passwd' }, '"url" begins with file:'],
    [{ url: 'javascript:alert(1)' }, '"url" begins with javascript:'],
    [{ url: 'https://me:canary@h/mcp' }, 'send it in "headers" instead'],
    [{ url: 'https://h/m\ncp' }, '"url" contains a space or a control character'],
    [{ url: 'http://127.0.0.1:{port}/mcp' }, 'only "x-signalbox.launch.port" fills in'],
    [{ ...web, headers: 'Authorization: x' }, '"headers" is text'],
    [{ ...web, headers: { A: ['x'] } }, '"headers.A" is a list'],
    [{ ...web, headers: { 'A B': 'x' } }, 'not a valid header name'],
    [{ ...web, headers: { A: '1', a: '2' } }, 'is the same header as "A"'],
    [{ ...web, oauth: true }, '"oauth" is a boolean'],
    [{ ...program, 'x-signalbox': null }, '"x-signalbox" is null'],
  ])('refuses %j', (raw, message) => {
    expect(refuse(raw).message).toContain(message);
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'Content-Type',
    'ACCEPT',
    'Mcp-Session-Id',
    'mcp-protocol-version',
    'mcp-anything',
  ])('S08 refuses the reserved header %s', (name) => {
    expect(refuse({ ...web, headers: { [name]: 'x' } }).message).toContain('is set by the protocol itself');
  });

  it.each(['a\rb', 'a\nb', 'a\0b', 'a\r\nX-Injected: 1', 'a\u{1F600}', 'a\u0007'])(
    'S08 refuses the header value %j, and does not quote it',
    (value) => {
      const error = refuse({ ...web, headers: { 'X-Key': `canary${value}` } });
      expect(error.message).toContain('"headers.X-Key" contains a');
      expect(JSON.stringify(error)).not.toContain('canary');
    },
  );

  it('never quotes what may be secret', () => {
    const error = refuse({
      command: ['canary'],
      args: [{ canary: 1 }],
      env: { A: { b: 'canary' }, B: 'canary\0' },
      cwd: 'canary\0',
    });
    expect(problems(error)).toHaveLength(5);
    expect(JSON.stringify(error)).not.toContain('canary"');
    expect(JSON.stringify(refuse({ url: 'https://u:canary@h', oauth: 'canary' }))).not.toContain('canary');
  });
});

describe('the key x-signalbox', () => {
  it.each([
    [{ timeout: 5 }, '"x-signalbox.timeout" is not a key of Signalbox; write "timeouts.request"'],
    [{ requestTimeout: 5 }, 'write "timeouts.request"'],
    [{ protocolVersion: '2025-11-25' }, 'write "protocol"'],
    [{ url: 'http://h' }, 'write "url" on the entry itself, outside of "x-signalbox"'],
    [{ rety: {} }, 'did you mean "retry"?'],
    [{ Lazy: true }, 'did you mean "lazy"?'],
    [
      { timeouts: { requst: 5 } },
      '"x-signalbox.timeouts.requst" is not a known key; did you mean "request"?',
    ],
    [{ timeouts: { elephant: 5 } }, 'the keys here are connect, request, total, probe, idle'],
    [{ timeouts: { request: 0 } }, 'from 1 to 2147483647, or false: no limit'],
    [{ timeouts: { connect: false } }, '"x-signalbox.timeouts.connect" is false'],
    [{ timeouts: 5000 }, '"x-signalbox.timeouts" is a number; write an object'],
    [
      { retry: { maxAttempts: 0 } },
      'is 0; write a whole number of attempts from 1 to 1000, or false: no end',
    ],
    [{ retry: { maxAttempts: 2.5 } }, 'is 2.5; write a whole number'],
    [{ retry: { retries: 2 } }, 'the first attempt counts too'],
    [
      { retry: { baseMs: 5000, maxMs: 1000 } },
      'the first pause (5000 ms) is longer than the longest (1000 ms)',
    ],
    [{ retry: { baseMs: 60_000 } }, '"x-signalbox.retry.baseMs" contradicts its twin'],
    [{ health: { recoverAfter: 0 } }, '"x-signalbox.health.recoverAfter" is 0'],
    [{ health: true }, '"x-signalbox.health" is a boolean; write an object'],
    [{ healthCheckInterval: 1 }, 'write "health.intervalMs"'],
    [{ restart: { limit: -1 } }, '"x-signalbox.restart.limit" is -1'],
    [{ limits: { frameBytes: 10 } }, 'whole number of bytes from 64 to 268435456'],
    [{ limits: { pages: false } }, '"x-signalbox.limits.pages" is false'],
    [{ stop: { eofMs: 0 } }, 'from 1 to 600000'],
    [{ framing: 'loose' }, 'write "strict" or "tolerant"'],
    [
      { protocol: '2025' },
      '"x-signalbox.protocol" is "2025"; write "auto", "legacy", "modern" or a revision',
    ],
    [{ required: 1 }, '"x-signalbox.required" is 1'],
    [{ launch: { command: 'node' } }, '"x-signalbox.launch" needs "url"'],
  ])('refuses %j', (settings, message) => {
    expect(refuse(own(settings)).message).toContain(message);
  });

  const launched = (launch: unknown, url = 'http://127.0.0.1:{port}/mcp'): object => own({ launch }, { url });

  it.each([
    [{ port: 'auto' }, '"x-signalbox.launch.command" is missing'],
    [{ command: '', port: 'auto' }, '"x-signalbox.launch.command" is empty'],
    [{ command: 'node' }, 'only "x-signalbox.launch.port" fills in'],
    [{ command: 'node', port: 0 }, 'write "auto" or a number from 1 to 65535'],
    [{ command: 'node', port: 'auto', ready: {} }, 'needs exactly one of'],
    [{ command: 'node', port: 'auto', ready: { tcp: true, http: '/' } }, 'needs exactly one of'],
    [{ command: 'node', port: 'auto', ready: { tcp: false } }, 'write true'],
    [{ command: 'node', port: 'auto', ready: { http: 'mcp' } }, 'is not a URL'],
    [{ command: 'node', port: 'auto', ready: { output: '' } }, 'is empty'],
    [{ command: 'node', port: 'auto', ready: { stdout: 'x' } }, 'write "output"'],
    [{ command: 'node', port: 'auto', timeout: 5 }, 'write "readyTimeoutMs"'],
    [{ command: 'node', port: 'auto', readyTimeoutMs: 0 }, 'launch.readyTimeoutMs" is 0'],
  ])('refuses the launch %j', (launch, message) => {
    expect(refuse(launched(launch)).message).toContain(message);
  });

  it.each([
    [{ command: 'node', port: 'auto' }],
    [{ command: 'node', port: 8080, ready: { http: '/health?x=1' }, readyTimeoutMs: 5000 }],
    [{ command: 'node', port: 'auto', ready: { http: 'http://127.0.0.1:{port}/' }, env: { PORT: '{port}' } }],
    [{ command: 'node', args: ['--port', '{port}'], port: 'auto', ready: { output: 'listening' }, cwd: 'x' }],
  ])('accepts the launch %j', (launch) => {
    expect(accept(launched(launch)).entry['x-signalbox']?.launch).toEqual(launch);
  });

  it('accepts a launch at a fixed address', () => {
    expect(accept(launched({ command: 'node' }, 'http://127.0.0.1:8080/mcp')).kind).toBe('auto');
  });

  it.each(['auto', 'legacy', 'modern', '2025-11-25', '2026-07-28'])('accepts the protocol %s', (protocol) => {
    expect(accept(own({ protocol })).entry['x-signalbox']?.protocol).toBe(protocol);
  });
});

describe('the error', () => {
  it('lists all problems of the entry, and tells the first in full', () => {
    const error = refuse(own({ lazzy: true, timeouts: { idle: 0 } }, { command: '', args: [5] }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.server).toBe('files');
    expect(error.message).toBe(
      '[CONFIG_INVALID] files: "command" is empty; name the program to run (and 3 more problems: args[0], ' +
        'x-signalbox.lazzy, x-signalbox.timeouts.idle)',
    );
    expect(problems(error).map(({ key }) => key)).toEqual([
      'command',
      'args[0]',
      'x-signalbox.lazzy',
      'x-signalbox.timeouts.idle',
    ]);
    expect(error.details['key']).toBe('command');
  });

  it('stays short and clean, whatever the entry holds', () => {
    const key = `a\u001B[2J\u202E${'x'.repeat(5000)}`;
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${key}${i}`, i]));
    const error = refuse(
      own({ ...many, ...Object.fromEntries(Array.from({ length: 900 }, (_, i) => [i, i])) }),
    );
    const { message } = error;
    expect(message).toContain('and 999 more problems');
    expect(problems(error)).toHaveLength(100);
    expect(message.length).toBeLessThan(1200);
    expect(sanitizePeerText(message, 2000)).toBe(message);
  });
});

describe('server names', () => {
  it.each(['', ' ', 'x'.repeat(65), 'a\nb', 'a\u0000', 'a\u202Eb', 'a\u200Bb'])('refuses %j', (name) => {
    expect(refuse(program, {}, name).code).toBe('CONFIG_INVALID');
  });

  it.each(['files', 'my.server-1_x', '_a', 'constructor', 'x'.repeat(64)])('accepts %s', (name) => {
    expect(parseEntry(name, program).warnings).toEqual([]);
  });

  it.each(['my server', 'dateien-ä', 'a/b', '文件'])('warns of %s', (name) => {
    expect(parseEntry(name, program).warnings).toEqual([expect.stringContaining('changed in tool names')]);
  });

  it.each(['a__b', 'a_', '__proto__'])('S14 warns of %s, as its tools cannot be named plainly', (name) => {
    expect(parseEntry(name, program).warnings).toEqual([expect.stringContaining('a hash behind')]);
  });
});

describe('warnings', () => {
  it.each([
    [{ ...program, timeout: 60 }, '"timeout" is 60 ms; milliseconds are meant here, not seconds'],
    [{ ...program, requestTimeout: 5 }, 'Signalbox reads "x-signalbox.timeouts.request"'],
    [{ ...program, autoApprove: ['x'] }, 'Signalbox reads "alwaysAllow"'],
    [{ ...program, headers: { A: 'b' } }, '"headers" has no effect here; it belongs to a server with "url"'],
    [{ ...web, env: { A: 'b' } }, '"env" has no effect here; for a process behind "url" there is'],
    [
      own({ timeouts: { total: 5000 } }),
      '(5000 ms) ends calls before the time limit of a request (60000 ms)',
    ],
  ])('of %j', (raw, message) => {
    expect(accept(raw).warnings).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    [{ ...program, timeout: 1000 }],
    [{ ...program, autoApprove: ['x'], alwaysAllow: ['x'] }],
    [{ ...program, requestTimeout: 5, 'x-signalbox': { timeouts: { request: 5000 } } }],
  ])('not of %j', (raw) => {
    expect(accept(raw).warnings).toEqual([]);
  });
});
