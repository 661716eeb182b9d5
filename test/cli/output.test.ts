import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/cli-io.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { endpointSnippets } from '../../src/cli/output/endpoint-snippets.ts';
import { progressText } from '../../src/cli/output/progress.ts';
import { rawBytes, resourceText, toolResultText } from '../../src/cli/output/result-text.ts';
import { table } from '../../src/cli/output/table.ts';
import { Terminal } from '../../src/cli/output/terminal.ts';
import { Redactor } from '../../src/core/redact.ts';

function io(
  tty: number | undefined,
  env: Record<string, string> = {},
): CliIo & { text(name: 'out' | 'err'): string } {
  const make = (): PassThrough =>
    Object.assign(new PassThrough(), { isTTY: tty !== undefined, columns: tty });
  const [out, err] = [make(), make()];
  return {
    stdin: new PassThrough(),
    stdout: out,
    stderr: err,
    env,
    cwd: '/',
    redactor: new Redactor(),
    interruption: new Interruption(),
    text: (name) => String((name === 'out' ? out : err).read() ?? ''),
  };
}

describe('a table', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const }, { title: 'TEXT' }];
  const rows = [
    ['a', '1', 'short'],
    ['longer', '22', 'a much longer text that goes on and on'],
    ['宽字', '3', 'wide'],
  ];

  it('aligns its columns without borders, wide characters included', async () => {
    expect(await table(columns, rows, undefined)).toBe(
      [
        'NAME     N  TEXT',
        'a        1  short',
        'longer  22  a much longer text that goes on and on',
        '宽字     3  wide',
      ].join('\n'),
    );
  });

  it('cuts the last column to the width of the terminal, but not to nothing', async () => {
    const lines = (await table(columns, rows, 30)).split('\n');
    expect(lines[2]).toBe('longer  22  a much longer tex…');
    expect(Math.max(...lines.map((line) => line.length))).toBe(30);
    expect((await table(columns, rows, 5)).split('\n')[2]).toBe('longer  22  a much longer t…');
  });
});

describe('a terminal', () => {
  it('is coloured only where it is one, and not against NO_COLOR, --no-color or TERM=dumb', () => {
    const colored = (tty: number | undefined, env: Record<string, string>, wanted = true): boolean =>
      new Terminal(io(tty, env), wanted).out.red('x') !== 'x';
    expect(colored(80, {})).toBe(true);
    expect(colored(undefined, {})).toBe(false);
    expect(colored(80, { NO_COLOR: '1' })).toBe(false);
    expect(colored(80, { NO_COLOR: '' })).toBe(true);
    expect(colored(80, { TERM: 'dumb' })).toBe(false);
    expect(colored(80, {}, false)).toBe(false);
    expect(colored(undefined, { FORCE_COLOR: '1' })).toBe(true);
    expect(colored(undefined, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });

  it('keeps what is updated in place below what is written', () => {
    const streams = io(80);
    const terminal = new Terminal(streams, false);
    terminal.live(['one', 'two']);
    terminal.note('note');
    terminal.live(['one', 'two']);
    terminal.live([]);
    expect(streams.text('err')).toBe('one\ntwo\n\u001B[2A\u001B[0Jnote\none\ntwo\n\u001B[2A\u001B[0J');
  });

  it('updates nothing in place where there is no terminal', () => {
    const streams = io(undefined);
    new Terminal(streams, true).live(['one']);
    expect(streams.text('err')).toBe('');
    expect(new Terminal(io(80, { TERM: 'dumb' }), true).isLive).toBe(false);
  });

  it('S18 takes secrets out of lines and of peer text, even of those that are split or cut', () => {
    const streams = io(undefined);
    streams.redactor.add('hunter2hunter2');
    const terminal = new Terminal(streams, false);
    terminal.note('the key is hunter2hunter2');
    expect(streams.text('err')).toBe('the key is ***\n');
    expect(terminal.peer('hunter2\u001B[0mhunter2')).toBe('***');
    expect(terminal.peer('hunter2hunter2', 8)).toBe('***');
  });

  it('updates only as many lines as fit', () => {
    const lines = (rows: number | undefined): number =>
      new Terminal(
        { ...io(80), stderr: Object.assign(new PassThrough(), rows === undefined ? {} : { rows }) },
        false,
      ).maxLiveLines;
    expect([lines(undefined), lines(0), lines(10), lines(2), lines(200)]).toEqual([20, 20, 8, 1, 20]);
  });

  it('a width of 0 is no width', () => {
    expect(new Terminal(io(0), false).width).toBeUndefined();
    expect(new Terminal(io(0), false).errorWidth).toBe(80);
    expect(new Terminal(io(120), false).width).toBe(120);
  });
});

describe('results for people', () => {
  const data = Buffer.alloc(12_345, 7).toString('base64');

  it('are text as text, and anything else named', () => {
    expect(
      toolResultText({
        content: [
          { type: 'text', text: 'one\u001B[2J\ntwo' },
          { type: 'image', mimeType: 'image/png', data },
          { type: 'audio', mimeType: 'audio/\u001B[31mwav', data: 'AAAA' },
          { type: 'resource_link', uri: 'demo://\u202Ex' },
          { type: 'resource', resource: { uri: 'a:b', text: 'inside' } },
          { type: 'resource', resource: { uri: 'a:b', mimeType: 'x/y', blob: 'AAAA' } },
          { type: 'resource' },
          { type: 'hologram' },
        ],
        structuredContent: { a: 1 },
      }),
    ).toBe(
      [
        'one\ntwo',
        '[image image/png 12 345 bytes]',
        '[audio audio/wav 3 bytes]',
        '[resource demo:// x]',
        'inside',
        '[resource x/y 3 bytes]',
        '[resource]',
        '[hologram]',
      ].join('\n'),
    );
  });

  it('are the structure where there is no text', () => {
    expect(toolResultText({ content: [], structuredContent: { a: ['\u009B'] } })).toBe('{"a":["\\u009b"]}');
    expect(toolResultText({ content: [] })).toBe('');
  });

  it('of resources are text, or what kind of bytes they are', () => {
    expect(
      resourceText({
        contents: [
          { uri: 'a:1', text: 'x\u0007y' },
          { uri: 'a:2', blob: 'AAAA' },
        ],
      }),
    ).toBe('xy\n[resource 3 bytes]');
  });

  it('are the very bytes with --raw', () => {
    const bytes = rawBytes({
      content: [{ type: 'text', text: 'a\u001Bb' }, { type: 'image', data: 'AAEC' }, { type: 'x' }],
    });
    expect([...bytes]).toEqual([97, 27, 98, 0, 1, 2]);
    expect([...rawBytes({ contents: [{ uri: 'a:b', blob: '/w==' }, { uri: 'a:c' }] })]).toEqual([255]);
  });

  it('progress is a count, a share where there is a total, and the message', () => {
    expect(progressText({ progress: 3 })).toBe('… 3');
    expect(progressText({ progress: 3, total: 8, message: 'rows' })).toBe('… 3 of 8 (37 %): rows');
    expect(progressText({ progress: 30, total: 8 })).toBe('… 30 of 8 (100 %)');
    expect(progressText({ progress: 1, total: 0 })).toBe('… 1');
  });

  it('snippets for hosts are JSON that can be copied', () => {
    const plain = new Terminal(io(undefined), false).out;
    const lines = endpointSnippets('http://127.0.0.1:3920/mcp', '/x/.mcp.json', plain).split('\n');
    const json = lines.filter((line) => line.startsWith('  {')).map((line) => JSON.parse(line) as object);
    expect(json).toEqual([
      { mcpServers: { signalbox: { type: 'http', url: 'http://127.0.0.1:3920/mcp' } } },
      {
        mcpServers: {
          signalbox: { command: 'signalbox', args: ['up', '--stdio', '--config', '/x/.mcp.json'] },
        },
      },
    ]);
    expect(lines).toContain('  claude mcp add --transport http signalbox http://127.0.0.1:3920/mcp');
  });
});
