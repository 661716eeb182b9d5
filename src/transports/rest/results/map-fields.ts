import { isObject } from '../../../wire/json-rpc.ts';
import { firstAt } from '../map/json-pointer.ts';

/**
 * What a service calls otherwise, under the names of MCP. A name with `/` in it is a member of a member:
 * `annotations/readOnlyHint`. What is not there is left out.
 *
 * @param fields pointers into `value` by name; undefined: the value is taken as it is
 */
export function mapFields(
  value: unknown,
  fields: Readonly<Record<string, readonly string[]>> | undefined,
): unknown {
  if (fields === undefined) return value;
  const mapped = Object.create(null) as Record<string, unknown>;
  for (const [name, pointers] of Object.entries(fields)) {
    const found = firstAt(value, pointers);
    if (found !== undefined) put(mapped, name.split('/'), found);
  }
  return mapped;
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let place = target;
  for (const name of path.slice(0, -1)) {
    const held = place[name];
    // A copy: what the service sent under this name, it may have sent under another one too.
    const inner = Object.assign(Object.create(null) as Record<string, unknown>, isObject(held) ? held : {});
    place[name] = inner;
    place = inner;
  }
  place[path.at(-1)!] = value;
}
