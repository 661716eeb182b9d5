import { describe, expect, it } from 'vitest';
import { breachesOf } from '../runs/check.ts';
import { runScript } from '../runs/run-script.ts';
import { CHECKS } from './checks/checks.ts';
import type { StressReport } from './engine/report.ts';

const stress = (...args: string[]) => runScript('stress.mjs', args);

describe('the stress run', () => {
  it('keeps every promise, in a short run with a fixed seed', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await stress(
      ...['--servers', '60', '--stdio', '8', '--calls', '2000', '--seed', '1', '--json'],
    );
    expect(stderr).toContain('seed 1');
    const report = JSON.parse(stdout) as StressReport;
    expect(breachesOf(report)).toEqual([]);
    expect(code).toBe(0);
    // It would keep every promise by doing nothing, too.
    expect(report.checks.map(({ check }) => check)).toEqual(Object.keys(CHECKS));
    expect(report.kinds.map(({ kind, servers }) => [kind, servers])).toEqual([
      ['memory modern', 12],
      ['http modern', 12],
      ['memory legacy', 12],
      ['http legacy', 12],
      ['sse legacy', 12],
      ['stdio modern', 4],
      ['stdio legacy', 4],
    ]);
    for (const { servers, connect, call, idleBytes } of report.kinds) {
      expect([connect.count, call.count]).toEqual([servers, servers]);
      expect(Math.min(connect.median, call.median, idleBytes ?? 0)).toBeGreaterThan(0);
    }
  });

  it('tells its options', async () => {
    const { code, stdout } = await stress('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--stdio N');
  });

  it.each([
    [['--servers', '4'], '--servers must be a whole number from 5 to 2000, not "4"'],
    [['--stdio', '-1'], '--stdio'],
    [['--calls', 'many'], '--calls must be a whole number from 1 to 1000000, not "many"'],
    [['--speed', '3'], '--speed'],
  ])('refuses %j in a sentence', async (args, message) => {
    const { code, stdout, stderr } = await stress(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
