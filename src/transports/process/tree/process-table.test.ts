import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parsePs, processRow, processTable } from './process-table.ts';

describe('parsePs', () => {
  it('reads what ps of macOS prints in the locale C', () => {
    const output = [
      '    1     0     1 Ss   Mon Nov  2 09:00:01 2026    ',
      '  501     1   500 S+   Mon Nov 12 10:20:30 2026',
      '  502   501   500 Z    Mon Nov 12 10:20:31 2026',
      'no row at all',
      '  503   501   500 S    not a date',
      '',
    ].join('\n');
    const seconds = Date.parse('Nov 12 10:20:30 2026') / 1000;
    expect(parsePs(output)).toMatchObject([
      { pid: 1, parent: 0, group: 1, runs: true },
      { pid: 501, parent: 1, group: 500, startedAt: String(seconds), runs: true },
      { pid: 502, parent: 501, group: 500, startedAt: String(seconds + 1), runs: false },
    ]);
  });

  it.skipIf(spawnSync('ps', ['-V']).error !== undefined || process.platform !== 'linux')(
    'agrees with /proc about this process',
    () => {
      const columns = 'pid=,ppid=,pgid=,stat=,lstart=';
      const { stdout } = spawnSync('ps', ['-p', String(process.pid), '-o', columns], {
        env: { ...process.env, LC_ALL: 'C' },
        encoding: 'utf8',
      });
      const { startedAt: _ticks, ...row } = processRow(process.pid)!;
      expect(parsePs(stdout)).toMatchObject([row]);
    },
  );
});

describe.skipIf(process.platform !== 'linux')('processTable', () => {
  it('is read once a turn, and anew in the next', async () => {
    const table = processTable();
    expect(processTable()).toBe(table);
    expect(table.get(process.pid)).toEqual(processRow(process.pid));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(processTable()).not.toBe(table);
  });

  it('knows no process that is gone', () => {
    expect(processRow(spawnSync('true').pid)).toBeUndefined();
  });
});
