import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

describe('classify', () => {
  it.each([
    ['result', { jsonrpc: '2.0', id: 1, result: {} }],
    ['result', { jsonrpc: '2.0', id: 0, result: null }],
    ['result', { jsonrpc: '2.0', id: '', result: {} }],
    ['error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }],
    ['error', { jsonrpc: '2.0', id: null, error: { code: 1, message: 'x' } }],
    ['error', { jsonrpc: '2.0', error: { code: 1, message: 'x' } }],
    ['request', { jsonrpc: '2.0', id: 'a', method: 'ping' }],
    ['notification', { jsonrpc: '2.0', method: 'n', params: {} }],
  ])('F-047 reads a %s', (kind, value) => {
    expect(classify(value).kind).toBe(kind);
  });

  it.each([
    ['F-048 both result and error', { jsonrpc: '2.0', id: 1, result: {}, error: {} }],
    ['F-048 neither', { jsonrpc: '2.0', id: 1 }],
    ['F-050 no jsonrpc', { id: 1, result: {} }],
    ['F-050 jsonrpc 1.0', { jsonrpc: '1.0', id: 1, result: {} }],
    ['F-046 an id of 10 KB', { jsonrpc: '2.0', id: 'x'.repeat(10_240), method: 'ping' }],
    ['F-046 an id above 2^53', { jsonrpc: '2.0', id: 2 ** 60, method: 'ping' }],
    ['a result without id', { jsonrpc: '2.0', result: {} }],
    ['params that are an array', { jsonrpc: '2.0', id: 1, method: 'm', params: [] }],
    ['a string', 'text'],
    ['null', null],
  ])('%s is invalid', (_what, value) => {
    expect(classify(value).kind).toBe('invalid');
  });

  it.each([
    [
      { code: 'x', message: 'm' },
      { code: -32603, message: 'm' },
    ],
    [{ message: 7 }, { code: -32603, message: 'error without message' }],
    ['text', { code: -32603, message: 'malformed error', data: 'text' }],
    [
      { code: -1, message: 'm', data: null },
      { code: -1, message: 'm', data: null },
    ],
  ])('F-049 substitutes what an error lacks: %j', (error, expected) => {
    expect(classify({ jsonrpc: '2.0', id: 1, error })).toMatchObject({
      kind: 'error',
      message: { error: expected },
    });
  });

  it('F-053 an own key __proto__ answers for nothing', () => {
    const value: unknown = JSON.parse('{"__proto__":{"jsonrpc":"2.0","result":{}},"id":1}');
    expect(classify(value).kind).toBe('invalid');
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (value) => void classify(value)));
  });
});
