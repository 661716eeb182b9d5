import { describe, expect, it } from 'vitest';
import { suspectsUs } from './panic-rule.ts';

const MINUTE = 60_000;
const NOW = 100 * MINUTE;

/** `'..x'`: three servers, the last in trouble for a minute; `X`: for longer than is remembered. */
const suspects = (servers: string): boolean =>
  suspectsUs(
    Array.from(servers, (how) => (how === 'x' ? NOW - MINUTE : how === 'X' ? NOW - 6 * MINUTE : undefined)),
    NOW,
  );

describe('whether we suspect ourselves', () => {
  it.each(['', 'x', 'xx', '...', 'x..', 'xx..', 'xxx...'])('not with %j', (servers) => {
    expect(suspects(servers)).toBe(false);
  });

  it.each(['xxx', 'xx.', 'xxx..', 'xxxx...'])('with %j: more than half of at least three', (servers) => {
    expect(suspects(servers)).toBe(true);
  });

  it('not for what has been dead for long, nor among so few others', () => {
    expect(suspects('XXX')).toBe(false);
    expect(suspects('XXXx.')).toBe(false);
    expect(suspects('XXXxx.')).toBe(true);
  });

  it('remembers for five minutes', () => {
    const since = [0, 0, 0];
    expect([suspectsUs(since, 5 * MINUTE), suspectsUs(since, 5 * MINUTE + 1)]).toEqual([true, false]);
  });
});
