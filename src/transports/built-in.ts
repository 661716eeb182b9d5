import type { ServerEntry } from '../config/entry.ts';
import type { BuilderContext, TransportBuilder } from './catalog.ts';
import { HttpTransport } from './http/http-transport.ts';
import { StdioTransport } from './stdio/stdio-transport.ts';
import type { Transport } from './transport.ts';

/** The transport kinds that need no registration. An entry that reaches them has been checked by `parseEntry`. */
export const builtInTransports: ReadonlyMap<string, TransportBuilder> = new Map<string, TransportBuilder>([
  ['stdio', stdio],
  ['http', http],
]);

function stdio(_name: string, entry: ServerEntry, context: BuilderContext): Transport {
  const { stop, framing } = context.settings;
  const { command = '', args, env, cwd } = entry;
  return new StdioTransport({ command, args, env, cwd, stop, framing }, context);
}

function http(_name: string, entry: ServerEntry, context: BuilderContext): Transport {
  return new HttpTransport({ url: entry.url ?? '', headers: entry.headers }, context, context.pools);
}
