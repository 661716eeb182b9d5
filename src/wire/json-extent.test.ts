import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonExtent } from './json-extent.ts';

const NONE = { bytes: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY };

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner)));
}

describe('jsonExtent', () => {
  it('measures depth exactly, and bytes about as JSON has them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { bytes, depth } = jsonExtent(value, NONE);
        expect(depth).toBe(depthOf(value));
        // Escapes are not counted, commas are counted once too often.
        const unescaped = Buffer.byteLength(JSON.stringify(value).replaceAll(/\\(?:u[\dA-F]{4}|.)/giu, ''));
        expect(bytes).toBeGreaterThanOrEqual(unescaped / 2);
        expect(bytes).toBeLessThanOrEqual(2 * Buffer.byteLength(JSON.stringify(value)) + 2);
      }),
    );
  });

  it('looks no further than to its bounds', () => {
    let looks = 0;
    const watched = new Proxy(Array.from({ length: 1000 }), {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/u.test(key)) looks++;
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(jsonExtent(watched, { ...NONE, bytes: 100 }).bytes).toBeGreaterThan(100);
    expect(looks).toBe(0);
    let deep: unknown = 0;
    for (let level = 0; level < 300_000; level++) deep = [deep];
    expect(jsonExtent(deep, { ...NONE, depth: 64 }).depth).toBe(65);
    expect(jsonExtent(deep, NONE).depth).toBe(300_000);
  });

  it('S20 counts own keys only', () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":[1]}}');
    expect(jsonExtent(value, NONE)).toMatchObject({ depth: 3 });
    expect(jsonExtent(Object.create({ inherited: [[[1]]] }) as unknown, NONE)).toMatchObject({ depth: 1 });
  });
});
