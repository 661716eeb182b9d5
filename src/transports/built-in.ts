import type { ServerEntry } from '../config/entry.ts';
import { VERSION } from '../core/version.ts';
import type { BuilderContext, TransportBuilder } from './catalog.ts';
import { HttpTransport } from './http/http-transport.ts';
import { fillPort, LaunchedTransport } from './launched-transport.ts';
import { openApiOptions, routesBeside } from './rest/openapi/entry-options.ts';
import { RestTransport } from './rest/rest-transport.ts';
import { ConnectRpcTransport } from './sse/connect-rpc/connect-rpc-transport.ts';
import { SseTransport } from './sse/sse-transport.ts';
import { StdioTransport } from './stdio/stdio-transport.ts';
import type { Transport } from './transport.ts';

/** The transport kinds that need no registration. An entry that reaches them has been checked by `parseEntry`. */
export const builtInTransports: ReadonlyMap<string, TransportBuilder> = new Map<string, TransportBuilder>([
  ['stdio', stdio],
  ['http', launchable('http', true, http)],
  ['sse', launchable('sse', false, sse)],
  ['rest', launchable('rest', true, rest)],
]);

function stdio(_name: string, entry: ServerEntry, context: BuilderContext): Transport {
  const { stop, framing, sandbox } = context.settings;
  const { command = '', args, env, cwd } = entry;
  return new StdioTransport({ command, args, env, cwd, sandbox, stop, framing }, context);
}

function http(url: string, entry: ServerEntry, context: BuilderContext): Transport {
  return new HttpTransport(
    { url, headers: entry.headers, http: context.settings.http, credentials: context.credentials },
    context,
    context.pools,
  );
}

function sse(url: string, entry: ServerEntry, context: BuilderContext): Transport {
  const { http, dialect } = context.settings;
  const options = { url, headers: entry.headers, http, credentials: context.credentials };
  if (dialect === undefined) return new SseTransport(options, context, context.pools);
  const { client = { name: 'signalbox', version: VERSION } } = context;
  return new ConnectRpcTransport({ ...options, dialect, client }, context, context.pools);
}

function rest(url: string, entry: ServerEntry, context: BuilderContext, port?: number): Transport {
  const { settings, credentials } = context;
  const openapi = openApiOptions(entry, settings, port);
  const { http } = settings;
  const map = openapi === undefined ? settings.rest : routesBeside(entry, settings.rest);
  const options = { url, headers: entry.headers, http, credentials, rest: map, openapi };
  return new RestTransport(options, context, context.pools);
}

/** A kind that reaches its server by URL, which Signalbox starts first where the entry says how. */
function launchable(
  kind: string,
  streamPerRequest: boolean,
  create: (url: string, entry: ServerEntry, context: BuilderContext, port?: number) => Transport,
): TransportBuilder {
  return (_name, entry, context) => {
    const url = entry.url ?? '';
    const { launch, sandbox, stop } = context.settings;
    if (launch === undefined) return create(url, entry, context);
    return new LaunchedTransport(
      {
        ...launch,
        url,
        sandbox,
        stop,
        kind,
        streamPerRequest,
        createInner: (port) => create(port === undefined ? url : fillPort(url, port), entry, context, port),
      },
      context,
    );
  };
}
