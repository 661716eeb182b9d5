import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LineWriter } from './line-writer.ts';

/** An output whose reader takes nothing until it is told to. */
class SlowOutput extends Writable {
  readonly taken: string[] = [];
  #waiting: (() => void) | undefined;
  #isOpen = false;

  constructor() {
    super({ highWaterMark: 16, decodeStrings: false });
  }

  read(): void {
    this.#isOpen = true;
    const goOn = this.#waiting;
    this.#waiting = undefined;
    goOn?.();
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.taken.push(chunk);
    if (this.#isOpen) done();
    else this.#waiting = done;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LineWriter', () => {
  it('S19 drops what may be dropped for a reader that is behind, and keeps the latest of each kind for later', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, 0);
    writer.sendIfRoom('progress 1');
    writer.send('an answer of some length');
    expect(writer.isBehind).toBe(true);
    writer.sendIfRoom('progress 2');
    writer.sendLatest('tools', 'tools have changed');
    writer.sendLatest('tools', 'tools have changed again');
    output.read();
    await turn();
    expect(writer.isBehind).toBe(false);
    writer.sendLatest('tools', 'and once more');
    await turn();
    expect(output.taken).toEqual([
      'progress 1\n',
      'an answer of some length\n',
      'tools have changed again\n',
      'and once more\n',
    ]);
    await writer.close();
  });

  it('is closed when all has left, and writes nothing afterwards', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, 0);
    writer.send('one');
    let isClosed = false;
    const closed = writer.close().then(() => {
      isClosed = true;
    });
    writer.send('two');
    await turn();
    expect(isClosed).toBe(false);
    output.read();
    await closed;
    expect(output.taken.filter((text) => text !== '')).toEqual(['one\n']);
    expect(output.listenerCount('close') + output.listenerCount('error')).toBe(0);
    // The stream is its owner's.
    expect(output.writableEnded).toBe(false);
  });

  it('does not wait for a reader that has gone', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, 0);
    writer.send('one');
    const closed = writer.close();
    output.destroy();
    await closed;
    const late = new LineWriter(output, 0);
    late.send('two');
    await late.close();
    expect(output.taken).toEqual(['one\n']);
  });
});
