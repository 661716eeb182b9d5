import type { ResolvedOperation } from '../../../config/rest-settings.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import { firstAt } from '../map/json-pointer.ts';
import { mapFields } from './map-fields.ts';

/** The lists of MCP: the field that holds their items, and the one that names an item. */
export const LIST_KEYS: ReadonlyMap<string, string> = new Map([
  ['tools/list', 'tools'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
  ['prompts/list', 'prompts'],
]);

/**
 * One page of a list, as a result of MCP.
 *
 * @throws SignalboxError INVALID_RESULT if there is no list where the map says
 */
export function listPage(
  method: string,
  value: unknown,
  operation: ResolvedOperation,
  server: string,
): Readonly<Record<string, unknown>> {
  const items = firstAt(value, operation.result);
  if (!Array.isArray(items)) {
    const places = operation.result.map((pointer) => JSON.stringify(pointer)).join(', ');
    throw new SignalboxError(
      'INVALID_RESULT',
      `the answer to ${method} has no list at ${places}; correct "result" of the operation in x-signalbox.rest`,
      { server, delivered: 'yes' },
    );
  }
  const mapped = items.map((item: unknown) => {
    const one = mapFields(item, operation.fields);
    // A tool without a schema takes whatever it takes.
    const lacksSchema = method === 'tools/list' && isObject(one) && one['inputSchema'] === undefined;
    return lacksSchema ? { ...one, inputSchema: { type: 'object' } } : one;
  });
  const next = firstAt(value, operation.nextCursor);
  const cursor = typeof next === 'number' ? String(next) : next;
  const more = typeof cursor === 'string' && cursor !== '' ? { nextCursor: cursor } : {};
  return { [LIST_KEYS.get(method)!]: mapped, ...more };
}
