import type { Params } from '../../wire/json-rpc.ts';
import { encodeHeaderValue } from '../header-value.ts';
import type { ClientIdentity } from '../mcp-types.ts';
import type { Era, ResultReading } from './era.ts';

const META_PREFIX = 'io.modelcontextprotocol/';

/** The parameter that `Mcp-Name` mirrors (2026-07-28, Standard Request Headers). */
const NAME_PARAM: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** So many eras are shared, at most: clients of one program say the same of themselves, or a few different things. */
const MAX_SHARED = 64;
/** By their `_meta`, which says all that they are made of. */
const shared = new Map<string, ModernEra>();

/**
 * The inside of the `_meta` of every request.
 * @param logLevel from which level on the server may log to us; undefined: not at all
 */
export function modernMeta(protocolVersion: string, identity: ClientIdentity, logLevel?: string): string {
  return JSON.stringify({
    [`${META_PREFIX}protocolVersion`]: protocolVersion,
    [`${META_PREFIX}clientInfo`]: identity.info,
    [`${META_PREFIX}clientCapabilities`]: identity.capabilities,
    ...(logLevel === undefined ? {} : { [`${META_PREFIX}logLevel`]: logLevel }),
  }).slice(1, -1);
}

/** Revision 2026-07-28 and later: stateless, every request says who asks and what it can do. */
export class ModernEra implements Era {
  readonly name = 'modern';
  readonly protocolVersion: string;
  readonly pingMethod = 'server/discover';
  readonly answersRequests = false;
  readonly receivesBatches = false;
  readonly #meta: string;
  readonly #headers: Map<string, Readonly<Record<string, string>>> = new Map();

  /** One that all who say the same share: it knows nothing of its connection. */
  static of(protocolVersion: string, identity: ClientIdentity, logLevel?: string): ModernEra {
    const meta = modernMeta(protocolVersion, identity, logLevel);
    let era = shared.get(meta);
    if (era === undefined) {
      era = new ModernEra(protocolVersion, meta);
      if (shared.size < MAX_SHARED) shared.set(meta, era);
    }
    return era;
  }

  /** @param meta that of {@link modernMeta} */
  protected constructor(protocolVersion: string, meta: string) {
    this.protocolVersion = protocolVersion;
    this.#meta = meta;
  }

  meta(progressToken: number | undefined): string {
    return progressToken === undefined ? this.#meta : `${this.#meta},"progressToken":${progressToken}`;
  }

  headers(method: string, params: Params | undefined): Readonly<Record<string, string>> {
    const nameParam = NAME_PARAM.get(method);
    const name = nameParam === undefined ? undefined : params?.[nameParam];
    if (typeof name === 'string') {
      return {
        'mcp-protocol-version': this.protocolVersion,
        'mcp-method': method,
        'mcp-name': encodeHeaderValue(name),
      };
    }
    let headers = this.#headers.get(method);
    if (headers === undefined) {
      headers = Object.freeze({ 'mcp-protocol-version': this.protocolVersion, 'mcp-method': method });
      // Methods come from our own callers, so the map stays small; a bound costs nothing all the same.
      if (this.#headers.size < 64) this.#headers.set(method, headers);
    }
    return headers;
  }

  readResult(result: Readonly<Record<string, unknown>>): ResultReading {
    const type = result['resultType'];
    if (type === undefined || type === 'complete') return 'complete';
    return type === 'input_required' ? 'input_required' : 'unknown';
  }

  /** Over HTTP, closing the answer stream is the cancellation; a notification would be refused. */
  cancelsByNotification(streamPerRequest: boolean): boolean {
    return !streamPerRequest;
  }
}
