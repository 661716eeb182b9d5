import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { isLogged, LOG_LEVELS, type LogLevel } from '../../src/cli/logging/log-level.ts';
import { type CliLogger, createPinoLogger } from '../../src/cli/logging/pino-logger.ts';
import { readableLine } from '../../src/cli/logging/readable-line.ts';
import { createWireTrace } from '../../src/cli/logging/wire-trace.ts';
import { Redactor } from '../../src/core/redact.ts';

function logger(level: LogLevel): {
  log: CliLogger;
  lines: Record<string, unknown>[];
  texts: string[];
  redactor: Redactor;
} {
  const texts: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const redactor = new Redactor();
  const write = (line: string): void => {
    texts.push(line);
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { log: createPinoLogger({ level, redactor, write }), lines, texts, redactor };
}

describe('the log', () => {
  it('has the lines of its level and above, as JSON', () => {
    for (const level of LOG_LEVELS) {
      const { log, lines } = logger(level);
      for (const name of ['trace', 'debug', 'info', 'warn', 'error'] as const)
        log[name]('said', { server: 's' });
      const expected = LOG_LEVELS.filter((name) => name !== 'silent' && isLogged(name, level));
      expect(lines.map((line) => line['level'])).toEqual(expected);
      for (const line of lines)
        expect(line).toMatchObject({ msg: 'said', server: 's', time: expect.stringMatching(/Z$/u) });
    }
  });

  it('S18 holds no secret, by value and by name, in message and fields', () => {
    const { log, texts, redactor } = logger('debug');
    redactor.add('canary-value-1');
    log.debug('with canary-value-1', {
      a: { b: 'canary-value-1' },
      authorization: 'anything',
      error: new Error('canary-value-1'),
    });
    log.info('Authorization: Bearer abc.def');
    expect(texts.join('\n')).not.toMatch(/canary|anything|abc\.def/u);
  });

  it('S16 is safe for a terminal, as JSON and as a line', () => {
    const { log, texts, lines } = logger('info');
    log.info('a\u009B31m\u202Eb', { server: '\u001B[2J' });
    expect(texts[0]).toMatch(/^[ -~]*$/u);
    expect(lines[0]?.['msg']).toBe('a\u009B31m\u202Eb');
    const line = readableLine(texts[0] ?? '', createColors(false));
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info\s+a 31m b$/u);
  });

  it('for people is short: time, level, server, message and the other fields', () => {
    const plain = createColors(false);
    const json =
      '{"level":"warn","time":"2026-01-02T03:04:05.678Z","server":"files","event":"x","n":1,"msg":"odd"}';
    expect(readableLine(json, plain)).toBe('03:04:05.678 warn  files odd n=1');
    expect(readableLine('{"level":"error","msg":"m"}', plain)).toBe(' error m');
    expect(readableLine('no json \u001B[2J', plain)).toBe('no json');
    expect(readableLine(json, createColors(true))).toContain('\u001B[33mwarn');
  });
});

describe('the trace of the wire', () => {
  it('S18 shows each message with direction and server, without secrets', () => {
    const { log, lines, texts, redactor } = logger('trace');
    redactor.add('canary-value-2');
    const tap = createWireTrace(log, redactor);
    tap.sent('s1', '{"method":"tools/call","params":{"arguments":{"apiKey":"k1","text":"canary-value-2"}}}');
    tap.received('s2', 'not json canary-value-2');
    expect(lines).toMatchObject([
      { level: 'trace', msg: 'sent', server: 's1', message: { method: 'tools/call' } },
      { msg: 'received', server: 's2', message: 'not json ***…' },
    ]);
    expect(texts.join('\n')).not.toMatch(/canary|k1/u);
  });

  it('is bounded', () => {
    const { log, texts, redactor } = logger('trace');
    createWireTrace(log, redactor).received('s', `{"a":"${'x'.repeat(1_000_000)}"}`);
    expect(texts[0]?.length).toBeLessThan(5000);
  });
});
