import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { bytesText, millisecondsText, spanText } from '../../src/cli/output/amounts.ts';
import { sparkline } from '../../src/cli/output/sparkline.ts';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { cli, ENTRIES, type RunningCli, type RunOptions, ready, startCli, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();
const ENTER = '\u001B[?1049h\u001B[?25l';
const LEAVE = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';

// oxlint-disable-next-line no-control-regex -- colours are escape sequences
const stripColors = (text: string): string => text.replace(/\u001B\[\d+m/gu, '');

/** The pictures that were drawn, as lines without colours. */
function pictures(stdout: string): string[][] {
  const drawn = stdout.slice(ENTER.length).split(LEAVE)[0] ?? '';
  return drawn
    .split(HOME)
    .slice(1)
    .map((picture) => stripVTControlCharacters(picture).split('\r\n'));
}

/** What a picture says of the restarts of a server. */
function restartsOf(server: string, picture: readonly string[] = []): string | undefined {
  const title = picture.find((line) => line.includes('RESTARTS'));
  const end = (title?.indexOf('RESTARTS') ?? 0) + 'RESTARTS'.length;
  return picture
    .find((line) => line.includes(server))
    ?.slice(end - 'RESTARTS'.length, end)
    .trim();
}

const running: RunningCli[] = [];
afterEach(async () => {
  for (const { interruption, outcome } of running.splice(0)) {
    interruption.interrupt('SIGINT');
    await outcome;
  }
});

/** A command that is interrupted at the end of the test, if it still runs. */
function start(args: readonly string[], options: RunOptions = {}): RunningCli {
  const started = startCli(args, options);
  running.push(started);
  return started;
}

describe('status --watch', () => {
  it('draws every change on a terminal, in lines that fit, and gives the terminal back', async () => {
    const { file } = writeConfig(directory, {
      units: ENTRIES.units,
      'evil\u001B[2J': faultyCommand({}),
      away: { url: 'http://127.0.0.1:9/mcp', 'x-signalbox': { retry: false } },
    });
    const up = start(['up', '--json', '--no-state', '--port', '0', '-c', file]);
    await ready(up);
    const watch = start(['status', '--watch', '-c', file], { tty: 140 });
    const started = performance.now();
    const seen = (text: RegExp): boolean =>
      pictures(watch.stdout()).some((lines) => lines.some((line) => text.test(line)));
    await until('it is drawn', () => seen(/✓ +units +connected/u));
    expect(watch.stdout().startsWith(ENTER)).toBe(true);
    for (let call = 0; call < 5; call++) await cli(['restart', 'units', '-c', file]);
    await until('restarts are drawn', () => restartsOf('units', pictures(watch.stdout()).at(-1)) === '5');
    const last = (): string => pictures(watch.stdout()).at(-1)?.join('\n') ?? '';
    await until('it is connected again', () => /✓ +units +connected/u.test(last()));
    const took = performance.now() - started;
    watch.interruption.interrupt('SIGINT');
    const { code, stdout, stderr } = await watch.outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(LEAVE);
    const drawn = pictures(stdout);
    expect(drawn.length).toBeGreaterThan(1);
    expect(drawn.length).toBeLessThanOrEqual((took / 1000) * 4 + 2);
    for (const lines of drawn) {
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
      expect(lines.length).toBeLessThanOrEqual(24);
    }
    expect(seen(/away +failed .*cannot connect to/u)).toBe(true);
    expect(seen(/^\d+ of \d+ connected · \d+ calls · /u)).toBe(true);
    // What was seen last stays to be read, behind the terminal as it was before.
    expect(stripVTControlCharacters(stdout.split(LEAVE)[1] ?? '')).toMatch(/✓ +units +connected/u);
    // All that moves the cursor is ours: a picture holds nothing else.
    const ours = new RegExp(
      `${[ENTER, LEAVE, HOME, '\u001B[K', '\u001B[J'].map((text) => text.replace(/[[?]/gu, '\\$&')).join('|')}`,
      'gu',
    );
    expect(stripColors(stdout.replace(ours, ''))).not.toMatch(
      // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
      /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F]/u,
    );
    up.interruption.interrupt('SIGINT');
    await up.outcome;
  });

  it('shows as much as the terminal has room for, and says so', async () => {
    const off = { command: 'no-such-program', disabled: true };
    const { file } = writeConfig(
      directory,
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`server-${index}`, off])),
    );
    const watch = start(['status', '--watch', '-c', file], { tty: 60 });
    await until('it is drawn', () => watch.stdout().includes('Ctrl-C ends'));
    watch.interruption.interrupt('SIGINT');
    await watch.outcome;
    const [lines] = pictures(watch.stdout());
    expect(lines!.length).toBeLessThanOrEqual(24);
    expect(lines!.join('\n')).toMatch(/… and \d+ more; make the terminal higher/u);
  });

  it('elsewhere prints a line for each change, by connections of its own where no `up` runs', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    for (const more of [[], ['--json']]) {
      const watch = start(['status', '-w', '-c', file, ...more]);
      const wanted = more.length === 0 ? 'initializing → connected' : '"to":"connected"';
      await until('it is connected', () => watch.stdout().includes(wanted));
      watch.interruption.interrupt('SIGINT');
      const { code, stdout, stderr } = await watch.outcome;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain('\u001B');
      const [first] = stdout.split('\n');
      if (more.length === 0) expect(first).toMatch(/^(?:–|…) units: (?:disconnected|connecting)$/u);
      else expect(JSON.parse(first!)).toMatchObject({ file, servers: [{ name: 'units' }] });
    }
  });

  it('ends with an error when the `up` that it watches ends', async () => {
    const { file } = writeConfig(directory, { units: ENTRIES.units });
    const up = start(['up', '--json', '--no-state', '--port', '0', '-c', file]);
    await ready(up);
    const watch = start(['status', '--watch', '-c', file], { tty: 100 });
    await until('it is drawn', () => watch.stdout().includes('connected'));
    up.interruption.interrupt('SIGINT');
    await up.outcome;
    const { code, stdout, stderr } = await watch.outcome;
    expect(code).toBe(4);
    expect(stdout).toContain(LEAVE);
    expect(stderr).toContain('the running `signalbox up` cannot be asked');
  });
});

describe('what is drawn', () => {
  it('sparklines are as long as asked for, the highest value fills a line', () => {
    expect(sparkline([0, 1, 4, 8], 6)).toBe('  ▁▂▅█');
    expect(sparkline([0, 0, 0], 3)).toBe('▁▁▁');
    expect(sparkline([1, 2, 3, 4, 5], 3)).toHaveLength(3);
    expect(sparkline([], 3)).toBe('   ');
  });

  it('amounts are short', () => {
    expect([0, 999, 1000, 12_345, 123_456_789].map(bytesText)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '12.3 KB',
      '123 MB',
    ]);
    expect([0, 0.42, 12.4, 1500, 65_000].map(millisecondsText)).toEqual([
      '–',
      '0.4 ms',
      '12 ms',
      '1.5 s',
      '65 s',
    ]);
    expect([-5, 5000, 125_000, 7_300_000, 200_000_000].map(spanText)).toEqual(['0s', '5s', '2m', '2h', '2d']);
  });
});
