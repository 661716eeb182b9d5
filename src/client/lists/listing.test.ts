import { describe, expect, it } from 'vitest';
import { readPages } from './listing.ts';

const bounds = { pages: 5, items: 12, listBytes: 10_000 };
const page = (nextCursor?: unknown): object => ({
  tools: [{ name: 'a' }, { name: 'b' }],
  ...(nextCursor === undefined ? {} : { nextCursor }),
});
const read = (
  fetch: (cursor: string | undefined) => unknown,
  limits = bounds,
): ReturnType<typeof readPages> =>
  readPages((cursor) => Promise.resolve(fetch(cursor)), 'tools', 'name', limits, 's');

describe('readPages', () => {
  it('F-122 an empty cursor continues, only its absence ends the list', async () => {
    const cursors: (string | undefined)[] = [];
    const pages = [page(''), page('x'), page()];
    const listing = await read((cursor) => {
      cursors.push(cursor);
      return pages.shift();
    });
    expect(cursors).toEqual([undefined, '', 'x']);
    expect(listing).toMatchObject({ truncated: undefined, malformed: 0 });
    expect(listing.items).toHaveLength(6);
  });

  it('F-122 the same cursor for ever ends at the pages allowed', async () => {
    const listing = await read(() => page('again'));
    expect(listing.items).toHaveLength(10);
    expect(listing.truncated).toBe('it has more than 5 pages');
  });

  it('F-122 too many items end at the items allowed', async () => {
    const listing = await read(() => page('again'), { ...bounds, pages: 100, items: 3 });
    expect(listing.items).toHaveLength(3);
    expect(listing.truncated).toBe('it has more than 3 items');
  });

  it('F-122 too many bytes end at the bytes allowed, whatever holds them', async () => {
    const large = { tools: [{ name: 'a' }, { name: 'b', description: 'x'.repeat(6000) }], nextCursor: '' };
    const listing = await read(() => large);
    expect(listing.items).toHaveLength(3);
    expect(listing.truncated).toBe('it is larger than 10000 bytes');
    const nameless = { tools: [{ description: 'x'.repeat(6000) }], nextCursor: '' };
    expect(await read(() => nameless)).toMatchObject({ items: [], malformed: 1 });
  });

  it('F-123 an entry that nests deeper than a stack is left out, wherever it is deep', async () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const bounded = { ...bounds, listBytes: 1_000_000 };
    const listing = await read(() => ({ tools: [{ name: 'a', _meta: { deep } }, { name: 'b' }] }), bounded);
    expect(listing).toMatchObject({ items: [{ name: 'b' }], malformed: 1 });
  });

  it('F-122 a cursor of a megabyte is not sent back', async () => {
    const listing = await read(() => page('x'.repeat(1_000_000)));
    expect(listing.truncated).toBe('its cursor is unreasonably long');
  });

  it('F-122 a cursor that is no string ends the list', async () => {
    expect(await read(() => page(7))).toMatchObject({ truncated: undefined });
  });

  it.each([{}, { tools: 'x' }, null, []])('%j is no list', async (answer) => {
    await expect(read(() => answer)).rejects.toMatchObject({ code: 'INVALID_RESULT', server: 's' });
  });
});
