import { describe, expect, it } from 'vitest';
import { breachesOf } from '../runs/check.ts';
import { runScript } from '../runs/run-script.ts';
import type { ChaosReport } from './engine/report.ts';

const chaos = (...args: string[]) => runScript('chaos.mjs', args);

describe('the chaos run', () => {
  it('keeps every promise, in a short run with a fixed seed', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await chaos('--seconds', '7', '--servers', '9', '--seed', '1', '--json');
    expect(stderr).toContain('seed 1');
    // Without a report stderr says why there is none.
    if (stdout === '') throw new Error(stderr);
    const report = JSON.parse(stdout) as ChaosReport;
    expect(breachesOf(report)).toEqual([]);
    expect(code).toBe(0);
    // It would keep every promise by doing nothing, too.
    const faulty = report.servers.filter(({ faults }) => faults > 0);
    expect(faulty.length).toBeGreaterThan(5);
    expect(new Set(faulty.map(({ wire, era }) => `${wire} ${era}`)).size).toBe(5);
    for (const { ok } of report.servers) expect(ok).toBeGreaterThan(5);
    expect(report.checks).toHaveLength(14);
  });

  it('tells its options', async () => {
    const { code, stdout } = await chaos('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--seed N');
  });

  it.each([
    [['--seconds', '0'], '--seconds must be a whole number from 5 to 3600, not "0"'],
    [['--servers', 'many'], '--servers must be a whole number from 4 to 60, not "many"'],
    [['--seed', '1.5'], '--seed must be a whole number'],
    [['--speed', '3'], '--speed'],
    [['now'], 'now'],
  ])('refuses %j in a sentence', async (args, message) => {
    const { code, stdout, stderr } = await chaos(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
