import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type FaultRules, type FaultServerCommand, faultServerCommand } from '../../src/testing/index.ts';
import type { ProgramOptions } from '../../src/testing/server/stdio/program-options.ts';
import { serveStdio } from '../../src/testing/server/stdio/serve-stdio.ts';
import { writeAll } from '../../src/testing/server/stdio/write-all.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const scratch = temporaryDirectory();

interface Served {
  readonly ends: string[];
  readonly lines: Record<string, unknown>[];
  readonly stdin: PassThrough;
  readonly ask: (id: number, method: string, params?: object) => void;
}

/** The program of a command, in this process: what it would do to its own is noted. */
function serve({ args }: FaultServerCommand, pid: number, isRead = true): Served {
  const ends: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const stdin = new PassThrough();
  serveStdio(JSON.parse(args[1]!) as ProgramOptions, {
    ...{ pid, bornAt: 1000 + pid, stdin },
    write: (bytes) => {
      if (!isRead) throw new Error('EPIPE');
      lines.push(JSON.parse(bytes.toString()) as Record<string, unknown>);
    },
    die: () => ends.push('died'),
    exit: (code) => ends.push(`exit ${code}`),
  });
  const ask = (id: number, method: string, params: object = {}): void =>
    void stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  return { ends, lines, stdin, ask };
}

function command(name: string, faults: FaultRules = {}): FaultServerCommand {
  return faultServerCommand({ folder: join(scratch, name), era: 'legacy', faults });
}

describe('the program of a stdio fault server', () => {
  it('serves until its input ends, and notes when it was made', async () => {
    const server = command('well');
    const { ends, lines, stdin, ask } = serve(server, 7);
    expect(server.pid).toBe(7);
    ask(1, 'ping');
    await until('it has answered', () => lines.length === 1);
    expect(lines).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    stdin.end();
    await until('it has ended', () => ends.length === 1);
    expect(ends).toEqual(['exit 0']);
    expect(server.journal.entries()).toEqual([
      { event: 'start', pid: 7, at: 1007 },
      { event: 'end', pid: 7 },
    ]);
    expect(server.pid).toBeUndefined();
  });

  it('recalls in its next life which faults have happened', async () => {
    const server = command('again', { ping: { kind: 'exit', code: 3, times: 1 } });
    const first = serve(server, 1);
    first.ask(1, 'ping');
    await until('it has ended', () => first.ends.length === 1);
    expect(first.ends).toEqual(['exit 3']);
    const second = serve(server, 2);
    second.ask(1, 'ping');
    await until('it has answered', () => second.lines.length === 1);
    second.stdin.end();
    await until('it has ended, too', () => second.ends.length === 1);
    expect(server.starts).toBe(2);
    expect(server.journal.faults()).toEqual(['exit']);
  });

  it('ends when nobody reads any more', async () => {
    const server = command('unread');
    const { ends, ask } = serve(server, 1, false);
    ask(1, 'ping');
    await until('it has ended', () => ends.length === 1);
    expect(ends).toEqual(['exit 1']);
  });

  it('dies without a word where that is the fault', async () => {
    const server = command('dies', { ping: { kind: 'disconnect' } });
    const { ends, stdin, ask } = serve(server, 1);
    ask(1, 'ping');
    await until('it has died', () => ends.length === 1);
    expect(ends).toEqual(['died']);
    expect(server.pid).toBe(1);
    stdin.end();
    await until('its input has ended', () => ends.length === 2);
  });

  it('writes all of a text, and says so if it cannot', () => {
    const path = join(scratch, 'written');
    const fd = openSync(path, 'w');
    writeAll(fd, 'é'.repeat(100_000));
    writeAll(fd, Buffer.from('end'));
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe(`${'é'.repeat(100_000)}end`);
    expect(() => writeAll(fd, 'x')).toThrow('EBADF');
  });
});
