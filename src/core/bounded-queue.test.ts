import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './bounded-queue.ts';

describe('BoundedQueue', () => {
  it('is the same as an array that is cut at its head, whatever is done to it', () => {
    const steps = fc.array(
      fc.oneof(fc.integer(), fc.constant('shift' as const), fc.constant('clear' as const)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), steps, (capacity, all) => {
        const queue = new BoundedQueue<number>(capacity);
        let model: number[] = [];
        for (const step of all) {
          if (step === 'clear') {
            queue.clear();
            model = [];
          } else if (step === 'shift') {
            expect(queue.shift()).toBe(model.shift());
          } else {
            model.push(step);
            expect(queue.push(step)).toBe(model.length <= capacity);
            model = capacity === 0 ? [] : model.slice(-capacity);
          }
          expect([...queue]).toEqual(model);
          expect(queue.size).toBe(model.length);
        }
      }),
    );
  });
});
