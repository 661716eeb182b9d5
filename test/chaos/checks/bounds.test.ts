import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/client/stats/latency-histogram.ts';
import { type MemorySample, MIB } from '../../runs/memory-sample.ts';
import { checkLatency } from './latency.ts';
import { checkMemory } from './memory.ts';

function latencies(ms: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of ms) histogram.add(value);
  return histogram;
}

const many = (ms: number, count = 100): number[] => Array.from({ length: count }, () => ms);

describe('the latency of servers without faults', () => {
  it.each<[string, number[], number[], number]>([
    ['may rise a little', many(1), many(20), 0],
    ['may have a few outliers', many(1), [...many(2, 98), 200, 200], 0],
    ['must not be that of others', many(1), many(150), 1],
    ['must not have outliers of the length of a fault', many(1), [...many(2, 97), 1500, 1500, 1500], 1],
    ['must have been measured', many(1), [], 1],
  ])('%s', (_what, calm, chaos, breaches) => {
    const pair = { server: 's', calm: latencies(calm), chaos: latencies(chaos) };
    const plain = { calm: latencies(many(1)), chaos: latencies(many(1)) };
    expect(checkLatency([pair], plain).breaches).toHaveLength(breaches);
  });

  it('is not held against a client whose machine lets everybody wait', () => {
    const pair = { server: 's', calm: latencies(many(1)), chaos: latencies(many(400)) };
    const plain = { calm: latencies(many(1)), chaos: latencies(many(120)) };
    expect(checkLatency([pair], plain).breaches).toEqual([]);
  });
});

describe('memory', () => {
  const samples = (heapMib: (second: number) => number, seconds = 40, rssMib = 150): MemorySample[] =>
    Array.from({ length: seconds / 2 }, (_, index) => ({
      atMs: index * 2000,
      heapBytes: heapMib(index * 2) * MIB,
      rssBytes: rssMib * MIB,
    }));

  it.each<[string, MemorySample[], number]>([
    ['may go up and down', samples((second) => 30 + (second % 4)), 0],
    ['may grow while caches fill', samples((second) => 30 + Math.min(second, 8)), 0],
    ['must not grow on and on', samples((second) => 30 + second * 0.5), 1],
    ['must not grow a lot', samples((second) => (second < 10 ? 30 : 80)), 1],
    ['must not be taken from the machine', samples(() => 30, 40, 2000), 1],
    ['must have been measured', [], 1],
    ['has no trend in a short run', samples((second) => 20 + second, 8), 0],
  ])('%s', (_what, taken, breaches) => {
    expect(checkMemory(taken).breaches).toHaveLength(breaches);
  });
});
