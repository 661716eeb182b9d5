import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServerEntry } from './entry.ts';
import { secretsOf } from './secrets.ts';

describe('secretsOf', () => {
  it('finds the values of env, headers, oauth and launch.env', () => {
    const entry: ServerEntry = {
      url: 'http://h',
      env: { API_KEY: 'canary-1' },
      headers: { Authorization: 'Bearer canary-2', 'X-Key': 'canary-3' },
      oauth: { clientId: 'canary-4', deep: { clientSecret: 'canary-5' }, list: ['canary-6'] },
      'x-signalbox': { launch: { command: 'node', env: { TOKEN: 'canary-7' } } },
    };
    expect(secretsOf(entry)).toEqual([
      'canary-1',
      'canary-7',
      'Bearer canary-2',
      'canary-2',
      'canary-3',
      'canary-4',
      'canary-5',
      'canary-6',
    ]);
  });

  it('leaves out what tells nothing', () => {
    const entry: ServerEntry = {
      env: {
        PORT: '{port}',
        LEVEL: 'debugging',
        RETRIES: '1000000',
        BIND: 'http://127.0.0.1:8080/',
        SHORT: 'abc',
        PATH: '/usr/bin:/bin',
        NODE_ENV: 'production-2',
      },
      oauth: {
        tokenUrl: 'https://auth.example/token',
        scopes: ['read:files'],
        scope: 'read:files write:files',
      },
    };
    expect(secretsOf(entry)).toEqual([]);
  });

  it('leaves out the home folder and the working folder, not what lies in them or beside them', () => {
    const folders = { HOME_OF_ALL: homedir(), ROOT: process.cwd(), PROJECTS: dirname(process.cwd()) };
    expect(secretsOf({ env: folders })).toEqual([]);
    const others = {
      IN_IT: join(homedir(), 'key-1'),
      BESIDE: `${process.cwd()}-2`,
      HOOK: '/services/T1/B2/x3',
    };
    expect(secretsOf({ env: others })).toEqual(Object.values(others));
    expect(secretsOf({ env: { DATA_PASSWORD: process.cwd() } })).toEqual([process.cwd()]);
  });

  it('keeps a plain word under a name that tells of a secret', () => {
    expect(secretsOf({ env: { DB_PASSWORD: 'elephant' } })).toEqual(['elephant']);
  });

  it('survives entries of unchecked kinds', () => {
    const circle: Record<string, unknown> = { token: 'canary-1' };
    circle['self'] = circle;
    const entry = {
      type: 'ws',
      env: 5,
      headers: { a: 5, b: [Object.create(null)] },
      oauth: circle,
    } as unknown as ServerEntry;
    expect(secretsOf(entry)).toEqual(['canary-1']);
  });
});
