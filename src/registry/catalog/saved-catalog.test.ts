import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTINGS_DEFAULTS } from '../../config/settings.ts';
import { readSavedCatalog } from './saved-catalog.ts';
import { EMPTY_CATALOG } from './server-catalog.ts';

const { limits } = SETTINGS_DEFAULTS;

describe('readSavedCatalog', () => {
  it('gives back what was saved', () => {
    const catalog = {
      tools: [{ name: 't', inputSchema: { type: 'object' } }],
      resources: [{ uri: 'x://1', name: 'one' }],
      resourceTemplates: [{ uriTemplate: 'x://{id}', name: 'all' }],
      prompts: [{ name: 'p' }],
    };
    expect(readSavedCatalog(JSON.parse(JSON.stringify(catalog)), limits)).toEqual({ catalog, leftOut: 0 });
  });

  it.each([
    ['no object', 'tools', 0],
    ['no lists', { tools: { name: 't' }, prompts: 7 }, 0],
    ['entries without a name', { tools: [{ title: 't' }, null, 'x', { name: 7 }] }, 4],
    ['a schema that is too deep', { tools: [{ name: 't', inputSchema: nested(100) }] }, 1],
    ['a schema that is too large', { tools: [{ name: 't', outputSchema: { x: 'y'.repeat(300_000) } }] }, 1],
    ['an entry that is too deep', { prompts: [{ name: 'p', _meta: nested(100_000) }] }, 1],
  ])('F-123 leaves out %s', (_what, saved, leftOut) => {
    expect(readSavedCatalog(saved, limits)).toEqual({ catalog: EMPTY_CATALOG, leftOut });
  });

  it('B-6 keeps to the bounds of lists', () => {
    const tools = Array.from({ length: 10 }, (_, index) => ({ name: `t${index}` }));
    expect(readSavedCatalog({ tools }, { ...limits, items: 3 })).toMatchObject({ leftOut: 7 });
    const large = readSavedCatalog({ tools }, { ...limits, listBytes: 40 });
    expect(large.catalog.tools.length).toBeGreaterThan(0);
    expect(large.catalog.tools.length).toBeLessThan(10);
    expect(large.catalog.tools.length + large.leftOut).toBe(10);
  });

  it('never fails, whatever a file says', () => {
    const lists = fc.record({
      tools: fc.anything(),
      resources: fc.array(fc.anything()),
      prompts: fc.anything(),
    });
    fc.assert(
      fc.property(fc.oneof(lists, fc.anything()), (saved) => {
        const { tools, resources } = readSavedCatalog(saved, limits).catalog;
        expect(tools.every(({ name }) => typeof name === 'string')).toBe(true);
        expect(resources.every(({ uri }) => typeof uri === 'string')).toBe(true);
      }),
    );
  });
});

function nested(depth: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
}
