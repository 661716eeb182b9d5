import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeError, encodeNotification, encodeRequest, encodeResult } from './encode.ts';

const record = fc.dictionary(fc.string(), fc.jsonValue());

describe('encodeRequest', () => {
  it('splices the envelope into params', () => {
    const text = encodeRequest(7, 'tools/call', { name: 'echo', arguments: {} }, '"k":1');
    expect(text).toBe(
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{},"_meta":{"k":1}}}',
    );
  });

  it('makes params where there are none', () => {
    expect(JSON.parse(encodeRequest('a', 'm', undefined, '"k":1'))).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      method: 'm',
      params: { _meta: { k: 1 } },
    });
    expect(encodeRequest(1, 'ping', undefined, '')).toBe('{"jsonrpc":"2.0","id":1,"method":"ping"}');
  });

  it('keeps the _meta of the caller, and the envelope wins', () => {
    const text = encodeRequest(1, 'm', { _meta: { own: true, k: 'lost' } }, '"k":1');
    expect(JSON.parse(text)).toMatchObject({ params: { _meta: { own: true, k: 1 } } });
  });

  it('equals the plain encoding, for any params', () => {
    fc.assert(
      fc.property(record, record, (params, meta) => {
        const { _meta, ...rest } = params;
        const spliced = JSON.parse(encodeRequest(3, 'x/y', rest, JSON.stringify(meta).slice(1, -1)));
        const plain = {
          jsonrpc: '2.0',
          id: 3,
          method: 'x/y',
          params: { ...rest, ...(Object.keys(meta).length > 0 ? { _meta: meta } : {}) },
        };
        expect(spliced).toEqual(JSON.parse(JSON.stringify(plain)));
      }),
    );
  });
});

describe('the other encoders', () => {
  it('write one line each', () => {
    expect(encodeNotification('notifications/x', { a: 'line\nbreak' })).not.toContain('\n');
    expect(JSON.parse(encodeNotification('n', undefined))).toEqual({ jsonrpc: '2.0', method: 'n' });
    expect(JSON.parse(encodeResult('id', undefined))).toEqual({ jsonrpc: '2.0', id: 'id', result: {} });
    expect(JSON.parse(encodeError(null, { code: -32600, message: 'no' }))).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32600, message: 'no' },
    });
  });
});
