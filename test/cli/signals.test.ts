import { afterEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../src/cli/interruption.ts';
import { listenForBrokenPipes, listenForSignals } from '../../src/cli/signals.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is listened to from now on is listened to no more when what this returns is called. */
function noteListeners(): () => void {
  const emitters: readonly (readonly [emitter: NodeJS.EventEmitter, name: string])[] = [
    ...SIGNALS.map((name) => [process, name] as const),
    [process.stdout, 'error'] as const,
    [process.stderr, 'error'] as const,
  ];
  const before = emitters.map(([emitter, name]) => new Set(emitter.listeners(name)));
  return () => {
    for (const [index, [emitter, name]] of emitters.entries()) {
      for (const listener of emitter.listeners(name))
        if (!before[index]!.has(listener)) emitter.off(name, listener as () => void);
    }
  };
}

describe('what the system tells the program', () => {
  let restore = (): void => {};
  afterEach(() => restore());

  it('F-020 a signal ends it in good order, the second at once, the third without waiting for anything', () => {
    restore = noteListeners();
    const interruption = new Interruption();
    const codes: number[] = [];
    listenForSignals(interruption, (code) => codes.push(code));
    process.emit('SIGTERM');
    expect([interruption.cause, interruption.signal.aborted, interruption.hurry.aborted]).toEqual([
      'SIGTERM',
      true,
      false,
    ]);
    process.emit('SIGINT');
    expect([interruption.cause, interruption.hurry.aborted]).toEqual(['SIGTERM', true]);
    expect(codes).toEqual([]);
    process.emit('SIGINT');
    expect(codes).toEqual([130]);
  });

  it('a reader that has gone is an end, every other fault of stdout a defect', () => {
    restore = noteListeners();
    const interruption = new Interruption();
    listenForBrokenPipes(interruption);
    process.stderr.emit('error', new Error('gone'));
    expect(interruption.cause).toBeUndefined();
    process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(interruption.cause).toBe('EPIPE');
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    expect(() => process.stdout.emit('error', full)).toThrow('no space');
  });
});
