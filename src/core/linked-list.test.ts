import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedList, type ListNode } from './linked-list.ts';

describe('LinkedList', () => {
  it('keeps what was added in its order, whatever is taken out between', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer() }),
      fc.record({ remove: fc.nat(30) }),
      fc.constant({ removeFirst: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const list = new LinkedList<number>();
        let model: { readonly item: number; readonly node: ListNode<number> }[] = [];
        for (const one of steps) {
          if ('add' in one) model.push({ item: one.add, node: list.add(one.add) });
          else if ('remove' in one) {
            const entry = model[one.remove];
            if (entry !== undefined) list.remove(entry.node);
            model = model.filter((other) => other !== entry);
          } else {
            list.removeFirst();
            model = model.slice(1);
          }
          expect(list.snapshot()).toEqual(model.map(({ item }) => item));
          expect(list.first).toBe(model[0]?.item);
        }
      }),
    );
  });

  it('lets a node be taken out twice, and points from it to nobody', () => {
    const list = new LinkedList<string>();
    const first = list.add('first');
    const second = list.add('second');
    list.remove(first);
    list.remove(first);
    expect(list.snapshot()).toEqual(['second']);
    expect([first.item, first.previous, first.next]).toEqual([undefined, undefined, undefined]);
    list.clear();
    expect(list.snapshot()).toEqual([]);
    expect(second.next).toBeUndefined();
    list.removeFirst();
    list.add('third');
    expect(list.first).toBe('third');
  });
});
