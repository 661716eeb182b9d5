import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { StderrLog } from './stderr-log.ts';

const texts = (log: StderrLog, from?: number): string[] => log.read(from).lines.map(({ text }) => text);

describe('StderrLog', () => {
  it('gives complete lines with the time at which each of them began', async () => {
    const clock = new FakeClock();
    const log = new StderrLog(1000, clock);
    const begun = clock.wallNow();
    log.push(Buffer.from('one\nhal'));
    await clock.advance(500);
    log.push(Buffer.from('f\r\n\nthree'));
    expect(log.read().lines).toEqual([
      { at: begun, text: 'one' },
      { at: begun, text: 'half' },
    ]);
    log.ended();
    expect(texts(log)).toEqual(['one', 'half', 'three']);
  });

  it('goes on where a reader stopped, whatever the pieces are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'bc', '\n', 'd\ne', '\n\n', 'ä', 'f\n'), { maxLength: 40 }),
        fc.nat(40),
        (pieces, stop) => {
          const log = new StderrLog(10_000, new FakeClock());
          const read: string[] = [];
          let next: number | undefined;
          const readOn = (): void => {
            const found = log.read(next);
            read.push(...found.lines.map(({ text }) => text));
            next = found.next;
          };
          for (const [index, piece] of pieces.entries()) {
            log.push(Buffer.from(piece));
            if (index % 3 === stop % 3) readOn();
          }
          log.ended();
          readOn();
          const wanted = pieces
            .join('')
            .split('\n')
            .filter((line) => line !== '');
          expect(read).toEqual(wanted);
          expect(log.read(next).lines).toEqual([]);
        },
      ),
    );
  });

  it('keeps the last bytes only, and says that something is missing', () => {
    const log = new StderrLog(10, new FakeClock());
    for (let line = 0; line < 100; line++) log.push(Buffer.from(`${String(line).padStart(4, '0')}\n`));
    expect(texts(log)).toEqual(['0098', '0099']);
    expect(log.read().isCut).toBe(true);
    const { next } = log.read();
    log.push(Buffer.from('x'.repeat(50)));
    log.push(Buffer.from('\n'));
    expect(log.read(next).isCut).toBe(true);
    expect(log.read().lines.every(({ text }) => text.length <= 10)).toBe(true);
  });
});
