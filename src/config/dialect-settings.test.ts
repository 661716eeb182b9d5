import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import { parseEntry } from './parse-entry.ts';
import { resolveSettings } from './settings.ts';

const entry = (dialect: unknown, more: object = { type: 'sse' }): Record<string, unknown> => ({
  url: 'http://h/mcp',
  ...more,
  'x-signalbox': { dialect },
});

function problemOf(raw: unknown, kinds: readonly string[] = []): string {
  try {
    parseEntry('s', raw, { kinds });
    return 'no problem';
  } catch (error) {
    return SignalboxError.is(error) ? error.message : String(error);
  }
}

describe('x-signalbox.dialect', () => {
  it('is the standard unless the entry says otherwise', () => {
    expect(resolveSettings({ url: 'http://h' }).dialect).toBeUndefined();
    expect(resolveSettings(parseEntry('s', entry('standard')).entry).dialect).toBeUndefined();
  });

  it('has its paths, and the defaults for those that are not written', () => {
    const rest = {
      connect: 'connect',
      events: 'events',
      rpc: 'rpc',
      disconnect: undefined,
      sessionParam: false,
    };
    expect(resolveSettings(parseEntry('s', entry('connect-rpc')).entry).dialect).toEqual({
      type: 'connect-rpc',
      ...rest,
    });
    const own = { type: 'connect-rpc', rpc: '/api/v1/call', disconnect: false, sessionParam: 'sid' };
    expect(resolveSettings(parseEntry('s', entry(own)).entry).dialect).toEqual({ ...rest, ...own });
  });

  it.each([
    ['connect_rpc', 'did you mean "connect-rpc"?'],
    ['Connect-RPC', 'did you mean "connect-rpc"?'],
    ['conect-rpc', 'did you mean "connect-rpc"?'],
    ['standart', 'did you mean "standard"?'],
    ['grpc', 'write "standard" or "connect-rpc"'],
    [7, 'write "standard" or "connect-rpc"'],
    [{}, 'needs a "type": "connect-rpc"'],
    [{ type: 'standard' }, 'write "connect-rpc"'],
    [{ type: 'connect-rpc', event: 'x' }, 'did you mean "events"?'],
    [{ type: 'connect-rpc', close: 'x' }, 'write "disconnect"'],
    [{ type: 'connect-rpc', rpc: '' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: '///' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: '//evil.invalid/x' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'http://evil.invalid/' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'a/../../b' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'a/%2e%2E/b' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'a?b=1' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'a b' }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: 'x'.repeat(1025) }, 'write a path below the url'],
    [{ type: 'connect-rpc', rpc: false }, 'write a path below the url'],
    [{ type: 'connect-rpc', sessionParam: 'a b' }, 'the name of a parameter'],
  ])('refuses %j with a word about the right one', (dialect, words) => {
    expect(problemOf(entry(dialect))).toContain(words);
  });

  it.each([{ type: 'http' }, {}, { type: 'rest' }, { url: undefined, command: 'node' }])(
    'is refused beside %j',
    (more) => {
      expect(problemOf(entry('connect-rpc', more))).toContain('belongs to a server with "type": "sse"');
      expect(problemOf(entry('standard', more))).toBe('no problem');
    },
  );

  it('is left to those who made a kind of their own', () => {
    expect(problemOf(entry('connect-rpc', { type: 'mine' }), ['mine'])).toBe('no problem');
  });
});
