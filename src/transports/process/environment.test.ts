import { describe, expect, it } from 'vitest';
import { childEnvironment } from './environment.ts';

describe('S02 the environment of a child', () => {
  const parent = {
    HOME: '/home/u',
    PATH: '/bin',
    LANG: 'de_DE.UTF-8',
    TERM: 'xterm',
    AWS_SECRET_ACCESS_KEY: 'canary',
    NODE_OPTIONS: '--require evil',
    USER: '() { :; }; echo pwned',
    SHELL: undefined,
  };

  it('is the allowed part of the parent and what is configured, which wins', () => {
    expect({
      ...childEnvironment(parent, { PATH: '/opt', TOKEN: 't', OFF: undefined }, [], 'linux'),
    }).toEqual({
      HOME: '/home/u',
      LANG: 'de_DE.UTF-8',
      TERM: 'xterm',
      PATH: '/opt',
      TOKEN: 't',
    });
  });

  it('takes over further variables by name', () => {
    const env = childEnvironment(parent, {}, ['AWS_SECRET_ACCESS_KEY', 'ABSENT'], 'linux');
    expect(env['AWS_SECRET_ACCESS_KEY']).toBe('canary');
    expect('ABSENT' in env).toBe(false);
  });

  it('has other names on Windows, where case does not count', () => {
    const env = childEnvironment(
      { Path: 'C:\\', SystemRoot: 'C:\\Windows', windir: 'C:\\Windows', HOME: 'x', ComSpec: 'cmd' },
      { PATH: 'D:\\' },
      ['WINDIR'],
      'win32',
    );
    expect({ ...env }).toEqual({
      PATH: 'D:\\',
      SystemRoot: 'C:\\Windows',
      windir: 'C:\\Windows',
      ComSpec: 'cmd',
    });
  });

  it('S20 a variable named __proto__ is a variable like any other', () => {
    const configured = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    const env = childEnvironment({}, configured, [], 'linux');
    expect(Object.entries(env)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(env)).toBeNull();
    expect(childEnvironment({}, {}, [], 'linux')['toString']).toBeUndefined();
  });
});
