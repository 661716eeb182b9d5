import { keysOf } from '../../src/config/checks/entry-check.ts';
import { BUILT_IN_KINDS } from '../../src/config/checks/transport-kind.ts';
import type { Shape } from '../../src/config/checks/value-checks.ts';
import { defaultOf } from './option-defaults.ts';
import type { OptionRow } from './option-table.ts';

const OWN = 'x-signalbox';

/** Markdown as an editor shows it: links by their text only. */
const plain = (words: string): string =>
  words.replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1').replaceAll('`', '');

/**
 * What editors can tell of `.mcp.json` while it is written (JSON Schema, draft-07): every key with its words, default and
 * bounds. Keys of other hosts are allowed on an entry and refused under `x-signalbox`, as the program does.
 */
export function configSchema(rows: readonly OptionRow[]): Shape {
  const words = new Map(rows.map(({ key, words: told }) => [key, plain(told)]));
  const properties: Record<string, unknown> = {
    type: described(words, 'type', {
      anyOf: [{ enum: [...BUILT_IN_KINDS, 'streamable-http', 'streamableHttp'] }, { type: 'string' }],
    }),
  };
  for (const [key, { shape = {} }] of Object.entries(keysOf(undefined))) {
    properties[key] = key === OWN ? settings(words, shape) : described(words, key, shape);
  }
  const servers = { type: 'object', additionalProperties: { $ref: '#/definitions/server' } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'MCP servers, as Signalbox reads them',
    type: 'object',
    properties: { $schema: { type: 'string' }, mcpServers: servers, servers },
    definitions: {
      server: {
        type: 'object',
        properties,
        anyOf: [{ required: ['command'] }, { required: ['url'] }, { required: ['type'] }],
      },
    },
  };
}

function settings(words: ReadonlyMap<string, string>, shape: Shape): Shape {
  return { ...described(words, OWN, shape), ...withWords(words, '', shape) };
}

/** A shape whose keys, all the way down, say what they are and what holds without them. */
function withWords(words: ReadonlyMap<string, string>, path: string, shape: Shape): Shape {
  const result: Record<string, unknown> = { ...shape };
  const { anyOf, properties } = shape;
  if (Array.isArray(anyOf)) result['anyOf'] = anyOf.map((one: Shape) => withWords(words, path, one));
  if (typeof properties === 'object' && properties !== null) {
    result['properties'] = Object.fromEntries(
      Object.entries(properties as Record<string, Shape>).map(([key, inner]) => {
        const whole = `${path}${key}`;
        return [key, described(words, whole, withWords(words, `${whole}.`, inner), defaultOf(whole))];
      }),
    );
  }
  return result;
}

function described(words: ReadonlyMap<string, string>, key: string, shape: Shape, preset?: unknown): Shape {
  const told = words.get(key);
  return {
    ...(told === undefined || told === '' ? {} : { description: told }),
    ...shape,
    ...(preset === undefined ? {} : { default: preset }),
  };
}
