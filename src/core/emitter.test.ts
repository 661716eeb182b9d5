import { describe, expect, it } from 'vitest';
import { disposer, Emitter } from './emitter.ts';
import { type LogFields, silentLogger } from './log.ts';

interface Events {
  count: number;
  word: string;
}

function recording() {
  const errors: (LogFields | undefined)[] = [];
  const emitter = new Emitter<Events>({
    ...silentLogger,
    error: (_message, fields) => void errors.push(fields),
  });
  return { emitter, errors };
}

describe('Emitter', () => {
  it('delivers in the order of registration, to the listeners of that event only', () => {
    const { emitter } = recording();
    const seen: string[] = [];
    emitter.on('count', (count) => seen.push(`first ${count}`));
    emitter.on('count', (count) => seen.push(`second ${count}`));
    emitter.on('word', (word) => seen.push(word));
    emitter.emit('count', 1);
    emitter.emit('word', 'w');
    expect(seen).toEqual(['first 1', 'second 1', 'w']);
  });

  it('a disposer takes away its own registration, once', () => {
    const { emitter } = recording();
    const seen: number[] = [];
    const listener = (count: number): void => void seen.push(count);
    const dispose = emitter.on('count', listener);
    emitter.on('count', listener);
    expect(emitter.listenerCount('count')).toBe(2);
    dispose();
    dispose();
    emitter.emit('count', 7);
    expect(seen).toEqual([7]);
    expect([emitter.listenerCount(), emitter.listenerCount('word')]).toEqual([1, 0]);
    emitter.clear();
    dispose();
    expect(emitter.listenerCount()).toBe(0);
  });

  it('can be used with Symbol.dispose', () => {
    const { emitter } = recording();
    emitter.on('word', () => {})[Symbol.dispose]();
    expect(emitter.listenerCount()).toBe(0);
    let calls = 0;
    disposer(() => void calls++)[Symbol.dispose]();
    expect(calls).toBe(1);
  });

  it('changes made by a listener show from the next event on', () => {
    const { emitter } = recording();
    const seen: string[] = [];
    const disposeSecond = { now: () => {} };
    emitter.on('count', () => {
      disposeSecond.now();
      emitter.on('count', () => seen.push('added'));
    });
    disposeSecond.now = emitter.on('count', () => seen.push('removed'));
    emitter.emit('count', 1);
    expect(seen).toEqual(['removed']);
    emitter.emit('count', 2);
    expect(seen).toEqual(['removed', 'added']);
  });

  it('F-138 a listener that throws or rejects is reported once and harms nobody', async () => {
    const { emitter, errors } = recording();
    const seen: number[] = [];
    emitter.on('count', () => {
      throw new Error('thrown\u001b[2J');
    });
    // A user may well pass an async function where a plain one is expected.
    // oxlint-disable-next-line typescript/no-misused-promises -- that is the mistake
    emitter.on('count', () => Promise.reject(new Error('rejected')));
    emitter.on('count', (count) => void seen.push(count));
    emitter.emit('count', 5);
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual([5]);
    expect(errors).toEqual([
      { event: 'count', error: 'thrown' },
      { event: 'count', error: 'rejected' },
    ]);
  });
});
