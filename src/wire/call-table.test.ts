import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallTable } from './call-table.ts';

interface Call {
  readonly id: number;
}

function table(first: number = 0): CallTable<Call> {
  return new CallTable<Call>(() => first);
}

describe('CallTable', () => {
  it('finds each call that waits, and no other, in whatever order they come and go', () => {
    const step = fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 2, arbitrary: fc.nat(80) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, first) => {
          const calls = table(first);
          const model = new Map<number, Call>();
          const ids: number[] = [];
          for (const at of steps) {
            if (at === -1) {
              const call = { id: calls.takeId() };
              ids.push(call.id);
              calls.add(call);
              model.set(call.id, call);
            } else if (ids.length > 0) {
              const id = ids[at % ids.length]!;
              calls.delete(id);
              model.delete(id);
            }
          }
          expect(calls.size).toBe(model.size);
          expect(calls.snapshot()).toEqual([...model.values()]);
          for (const id of ids) expect(calls.find(id)).toBe(model.get(id));
        },
      ),
    );
  });

  it('keeps one that waits for very long beside thousands that come and go', () => {
    const calls = table();
    const patient = { id: calls.takeId() };
    calls.add(patient);
    for (let round = 0; round < 10_000; round++) {
      const call = { id: calls.takeId() };
      calls.add(call);
      expect(calls.find(call.id)).toBe(call);
      expect(calls.size).toBe(2);
      calls.delete(call.id);
      expect(calls.find(call.id)).toBeUndefined();
    }
    expect(calls.find(patient.id)).toBe(patient);
    calls.delete(patient.id);
    calls.delete(patient.id);
    expect(calls.size).toBe(0);
  });

  it('holds thousands at once, and lets them go', () => {
    const calls = table(0.999_999_999);
    const all = Array.from({ length: 5000 }, () => ({ id: calls.takeId() }));
    for (const call of all) calls.add(call);
    expect(calls.snapshot()).toEqual(all);
    for (const call of all) calls.delete(call.id);
    expect(calls.size).toBe(0);
    expect(calls.snapshot()).toEqual([]);
    const next = { id: calls.takeId() };
    calls.add(next);
    expect(calls.find(next.id)).toBe(next);
  });

  it.each([
    ['a string', '1'],
    ['a fraction', 1.5],
    ['nothing', undefined],
    ['another turn of the places', 1 + 2],
    ['another turn of the places of more calls', 1 + 16],
    ['no number', Number.NaN],
  ])('F-045 takes %s for no id of ours', (_, id) => {
    const calls = table();
    calls.add({ id: calls.takeId() });
    expect(calls.find(id)).toBeUndefined();
  });
});
