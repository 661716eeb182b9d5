import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentBlock } from '../../protocol/mcp-types.ts';
import { modelContent, modelContentText } from './model-content.ts';

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const image = { type: 'image', data: png, mimeType: 'image/png' };
const of = (...content: ContentBlock[]): string[] =>
  modelContent({ content }).map((part) => (part.type === 'text' ? part.text : `<${part.mediaType}>`));

describe('modelContent', () => {
  it('gives texts and images', () => {
    expect(modelContent({ content: [{ type: 'text', text: 'see:' }, image] })).toEqual([
      { type: 'text', text: 'see:' },
      { type: 'image', data: png, mediaType: 'image/png' },
    ]);
  });

  it('tells an image by its bytes, not by what the server calls it', () => {
    const webp = Buffer.from('RIFF\u0010\0\0\0WEBPVP8 ', 'latin1').toString('base64');
    const wav = Buffer.from('RIFF\u0010\0\0\0WAVEfmt ', 'latin1').toString('base64');
    const data = (text: string, mimeType: string): string[] => of({ type: 'image', data: text, mimeType });
    expect(data(png, 'image/jpeg')).toEqual(['<image/png>']);
    expect(data(webp, 'image/webp')).toEqual(['<image/webp>']);
    expect(data(wav, 'image/webp')).toEqual(['[image/webp, 16 bytes: not shown]']);
    expect(data('PHN2Zz4=', 'image/svg+xml')).toEqual(['[image/svg+xml, 5 bytes: not shown]']);
    expect(data(`${png.slice(0, -4)}!!!!`, 'image/png')).toEqual([expect.stringContaining('not shown')]);
    expect(data(`${png}\n`, 'image/png')).toEqual([expect.stringContaining('not shown')]);
  });

  it.each([
    [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }, '[audio/wav, 3 bytes: not shown]'],
    [{ type: 'image' }, '[image without data]'],
    [{ type: 'resource', resource: { uri: 'x://1', text: 'hi' } }, '[resource x://1]\nhi'],
    [{ type: 'resource', resource: { uri: 'x://1', blob: png } }, '<image/png>'],
    [
      { type: 'resource', resource: { uri: 'x://1', blob: 'AAAA', mimeType: 'application/zip' } },
      '[resource x://1] [application/zip, 3 bytes: not shown]',
    ],
    [{ type: 'resource', resource: { uri: 'x://1' } }, '[resource x://1]'],
    [{ type: 'resource' }, '[resource without content]'],
    [
      { type: 'resource_link', uri: 'x://1', name: 'one', description: 'the first', mimeType: 'text/plain' },
      '[link to the resource x://1 (text/plain)] one: the first',
    ],
    [{ type: 'hologram', depth: 3 }, '{"type":"hologram","depth":3}'],
  ] as [ContentBlock, string][])('says of %j what it is', (block, expected) => {
    expect(of(block)).toEqual([expected]);
  });

  it('is never empty', () => {
    expect(of()).toEqual(['(the result is empty)']);
    expect(of({ type: 'text', text: ' \n' }, { type: 'text' })).toEqual(['(the result is empty)']);
  });

  it('leaves out what is for the user alone', () => {
    const text = (said: string, ...audience: string[]): ContentBlock => ({
      type: 'text',
      text: said,
      annotations: { audience },
    });
    expect(of(text('a', 'user'), text('b', 'user', 'assistant'), text('c'))).toEqual(['b', 'c']);
    expect(of(text('a', 'user'))).toEqual(['(the result is for the user only)']);
  });

  it('gives structured content only where there is nothing else', () => {
    const structuredContent = { degrees: 21 };
    const texts = (content: ContentBlock[]): unknown => modelContent({ content, structuredContent });
    expect(texts([])).toEqual([{ type: 'text', text: '{"degrees":21}' }]);
    expect(texts([{ type: 'text', text: '21 °C' }])).toEqual([{ type: 'text', text: '21 °C' }]);
    expect(modelContent({ content: [], structuredContent: undefined })).toHaveLength(1);
  });

  it('cuts text at its limit, and says so', () => {
    const content = [
      { type: 'text', text: 'abc' },
      { type: 'text', text: 'äöü' },
      { type: 'text', text: 'more' },
    ];
    expect(modelContent({ content }, { maxTextBytes: 6 }).map((part) => 'text' in part && part.text)).toEqual(
      ['abc', 'ä\n[cut: 4 of 6 bytes are not shown]', '\n[cut: 4 of 4 bytes are not shown]'],
    );
  });

  it('names images that do not fit', () => {
    const two = { content: [image, image] };
    const [first, second] = modelContent(two, { maxImageBytes: png.length + 1 });
    expect(first).toMatchObject({ type: 'image' });
    expect(second).toEqual({ type: 'text', text: '[image/png, 70 bytes: not shown]' });
    expect(modelContentText(two)).toBe('[image/png, 70 bytes: not shown]\n[image/png, 70 bytes: not shown]');
  });

  it('S16 filters names and addresses, and leaves data as it is', () => {
    const [link] = of({ type: 'resource_link', uri: 'x://\u001B[2J1', name: 'a\u202Eb' });
    expect(link).toBe('[link to the resource x://1] a b');
    expect(of({ type: 'text', text: 'a\u200Db\r\n' })).toEqual(['a\u200Db\r\n']);
  });

  it('keeps to its bounds, whatever a server says', () => {
    const block = fc.oneof(
      fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary', maxLength: 300 }) }),
      fc.record({ type: fc.constantFrom('image', 'audio'), data: fc.anything(), mimeType: fc.anything() }),
      fc.record({ type: fc.constant('resource'), resource: fc.jsonValue() }),
      fc.record({ type: fc.constant('resource_link'), uri: fc.jsonValue(), name: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.nat(500), (content, maxTextBytes) => {
        const parts = modelContent({ content }, { maxTextBytes });
        expect(parts.length).toBeGreaterThan(0);
        const shown = parts
          .map((part) => (part.type === 'text' ? part.text.replace(/\n?\[cut: [^\]]+\]$/u, '') : ''))
          .filter((text) => !text.startsWith('(the result'));
        expect(Buffer.byteLength(shown.join(''))).toBeLessThanOrEqual(maxTextBytes);
      }),
    );
  });
});
