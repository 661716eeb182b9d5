import type { EraName } from '../../protocol/eras/era.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { META } from '../methods/meta.ts';
import { SERVER_INFO } from '../methods/self-description.ts';

type Result = Readonly<Record<string, unknown>>;

/** Results that say how long they may be kept (2026-07-28, Caching). */
const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** Fields that mean something in the modern era only. */
const MODERN_ONLY = ['resultType', 'ttlMs', 'cacheScope'] as const;

/**
 * Gives a result the shape of the client's era. Whatever the era does not ask to be changed stays as its server sent
 * it, unknown fields included.
 */
export function dressResult(method: string, result: Result, era: EraName): Result {
  return era === 'modern' ? dressModern(method, result) : dressLegacy(result);
}

function dressModern(method: string, result: Result): Result {
  const meta = isObject(result['_meta']) ? result['_meta'] : {};
  return {
    ...(CACHEABLE.has(method) ? { ttlMs: 0, cacheScope: 'private' } : {}),
    resultType: 'complete',
    ...result,
    // A server that says who it is has answered itself; we only passed it on.
    _meta: Object.hasOwn(meta, META.serverInfo) ? meta : { ...meta, [META.serverInfo]: SERVER_INFO },
  };
}

function dressLegacy(result: Result): Result {
  const isPlain = !MODERN_ONLY.some((key) => Object.hasOwn(result, key));
  if (isPlain && !hasForeignStructure(result)) return result;
  const dressed: Record<string, unknown> = { ...result };
  for (const key of MODERN_ONLY) delete dressed[key];
  // Before 2026-07-28 structured content was an object; the same content stands in `content` as text.
  if (hasForeignStructure(result)) delete dressed['structuredContent'];
  return dressed;
}

function hasForeignStructure(result: Result): boolean {
  return Object.hasOwn(result, 'structuredContent') && !isObject(result['structuredContent']);
}
