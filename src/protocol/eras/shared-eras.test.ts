import { describe, expect, it } from 'vitest';
import type { ClientIdentity } from '../mcp-types.ts';
import { LegacyEra } from './legacy-era.ts';
import { ModernEra } from './modern-era.ts';

const identity = (name: string): ClientIdentity => ({ info: { name, version: '1' }, capabilities: {} });

describe('an era', () => {
  it('is shared by all connections of its version, and differs from the others', () => {
    const era = LegacyEra.of('2025-11-25');
    expect(LegacyEra.of('2025-11-25')).toBe(era);
    expect(era.headers()).toEqual({ 'mcp-protocol-version': '2025-11-25' });
    const batches = LegacyEra.of('2025-03-26');
    expect([batches.receivesBatches, batches.headers()]).toEqual([true, undefined]);
  });

  it('is shared by all who say the same of themselves, and by nobody else', () => {
    const era = ModernEra.of('2026-07-28', identity('a'));
    expect(ModernEra.of('2026-07-28', identity('a'))).toBe(era);
    const others = [
      ModernEra.of('2026-07-29', identity('a')),
      ModernEra.of('2026-07-28', identity('b')),
      ModernEra.of('2026-07-28', { ...identity('a'), capabilities: { roots: {} } }),
      ModernEra.of('2026-07-28', identity('a'), 'error'),
    ];
    expect(new Set([era, ...others].map((one) => one.meta(undefined))).size).toBe(5);
    expect(others[0]!.headers('ping', undefined)).toEqual({
      'mcp-protocol-version': '2026-07-29',
      'mcp-method': 'ping',
    });
  });

  it('is right for each of very many who differ', () => {
    for (let number = 0; number < 200; number++) {
      const era = ModernEra.of('2026-07-28', identity(`client ${number}`));
      expect(era.meta(undefined)).toContain(`"client ${number}"`);
    }
  });
});
