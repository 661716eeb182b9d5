import { describe, expect, it } from 'vitest';
import type { SignalboxSettings } from './entry.ts';
import { type ResolvedSettings, resolveSettings, SETTINGS_DEFAULTS } from './settings.ts';

const resolve = (own: SignalboxSettings): ResolvedSettings =>
  resolveSettings({ command: 'node', 'x-signalbox': own });

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const inner of Object.values(value)) expectFrozen(inner);
}

describe('resolveSettings', () => {
  it('gives the defaults to an entry that says nothing', () => {
    expect(resolveSettings({ command: 'node' })).toEqual(SETTINGS_DEFAULTS);
    expect(SETTINGS_DEFAULTS).toMatchObject({
      protocol: 'auto',
      timeouts: { connect: 30_000, request: 60_000, total: 600_000, probe: 1000, idle: 300_000 },
      retry: { maxAttempts: 3, baseMs: 500, maxMs: 30_000 },
      restart: { limit: 5, windowMs: 60_000, pauseMs: 300_000 },
      stop: { eofMs: 2000, termMs: 3000, killMs: 1000 },
    });
  });

  it('takes the time limit of a request from the entry, and prefers the own key', () => {
    expect(resolveSettings({ command: 'n', timeout: 5000 }).timeouts.request).toBe(5000);
    const both = { command: 'n', timeout: 5000, 'x-signalbox': { timeouts: { request: 7000 } } };
    expect(resolveSettings(both).timeouts.request).toBe(7000);
    const absent = { command: 'n', timeout: 5000, 'x-signalbox': { timeouts: { request: undefined } } };
    expect(resolveSettings(absent).timeouts.request).toBe(5000);
  });

  it('lets a call last at least as long as one of its requests', () => {
    expect(resolveSettings({ command: 'n', timeout: 900_000 }).timeouts.total).toBe(900_000);
    expect(resolve({ timeouts: { request: false } }).timeouts.total).toBe(Number.POSITIVE_INFINITY);
    expect(resolve({ timeouts: { request: false, total: 5000 } }).timeouts.total).toBe(5000);
  });

  it('reads false as the number that means the same', () => {
    const timeouts = { request: false, total: false, idle: false } as const;
    const off = resolve({ timeouts, retry: { maxAttempts: false }, restart: { limit: false } });
    const never = Number.POSITIVE_INFINITY;
    expect(off.timeouts).toEqual({ connect: 30_000, request: never, total: never, probe: 1000, idle: never });
    expect(off.retry.maxAttempts).toBe(never);
    expect(off.restart.limit).toBe(never);
    expect(resolve({ retry: false }).retry.maxAttempts).toBe(1);
    expect(resolve({ restart: false }).restart.limit).toBe(0);
    expect(resolve({ health: false }).health.intervalMs).toBe(never);
    expect(resolve({ health: { intervalMs: false } }).health.intervalMs).toBe(never);
    expect(resolve({ health: { slowMs: false, unhealthyAfter: 5 } }).health).toEqual({
      ...SETTINGS_DEFAULTS.health,
      slowMs: never,
      unhealthyAfter: 5,
    });
  });

  it('fills in a launch', () => {
    expect(resolve({ launch: { command: 'node', port: 'auto' } }).launch).toEqual({
      command: 'node',
      args: [],
      env: {},
      cwd: undefined,
      port: 'auto',
      ready: { tcp: true },
      readyTimeoutMs: 20_000,
    });
  });

  it('freezes everything, the defaults included', () => {
    expectFrozen(SETTINGS_DEFAULTS);
    expectFrozen(resolve({ timeouts: { idle: 5 }, launch: { command: 'a', args: ['b'], env: { A: 'b' } } }));
    expectFrozen(resolve({ retry: false, restart: false }));
  });

  it('S20 an env with strange names changes no prototype', () => {
    const env = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    expect(resolve({ launch: { command: 'node', env } }).launch?.env['constructor']).toBe('y');
  });

  it('gives one object to all servers that say the same, and another one to each of the others', () => {
    const slow = (): SignalboxSettings => ({ protocol: 'legacy', timeouts: { request: 7000 } });
    expect(resolve(slow())).toBe(resolve(slow()));
    expect(resolve({})).toBe(resolveSettings({ url: 'http://h' }));
    expect(resolve({ ...slow(), lazy: true })).not.toBe(resolve(slow()));
    expect(resolve({ breaker: false })).not.toBe(resolve({}));
    expect(resolve({ retry: { pauseMs: false } }).retry.pauseMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('S18 keeps none in which a secret may stand', () => {
    const holding: readonly (() => SignalboxSettings)[] = [
      () => ({ auth: { type: 'bearer', token: 'canary' } }),
      () => ({ http: { proxy: 'http://me:canary@h' } }),
      () => ({ launch: { command: 'x', env: { KEY: 'canary' } } }),
      () => ({ rest: { session: false } }),
    ];
    for (const make of holding) expect(resolve(make())).not.toBe(resolve(make()));
  });

  it('forgets the oldest of those that it shares', () => {
    const first = resolve({ limits: { pages: 1000 } });
    for (let pages = 1; pages <= 63; pages++) resolve({ limits: { pages } });
    expect(resolve({ limits: { pages: 1000 } })).toBe(first);
    resolve({ limits: { pages: 64 } });
    expect(resolve({ limits: { pages: 1000 } })).not.toBe(first);
    expect(resolve({ limits: { pages: 1000 } })).toEqual(first);
  });
});
