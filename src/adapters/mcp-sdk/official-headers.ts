import type { Era } from '../../protocol/eras/era.ts';
import { LegacyEra } from '../../protocol/eras/legacy-era.ts';
import { ModernEra } from '../../protocol/eras/modern-era.ts';
import { isLegacyVersion } from '../../protocol/versions.ts';
import { isObject, type Params } from '../../wire/json-rpc.ts';

/** The key under which a request of the modern era says which revision it speaks. */
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
/** Headers that mirror parameters of a call: the only ones that the official client may add to a message. */
const MIRRORED = /^mcp-param-[\w!#$%&'*+.^`|~-]+$/u;
/** What HTTP allows in a header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/u;
/** What our own client says of itself is not what the official one says. Only its headers are used here. */
const NOBODY = { info: { name: '', version: '' }, capabilities: {} };

/** The headers of a message of the official client, which leaves them to its own HTTP transport. */
export class OfficialHeaders {
  #agreed: Era | undefined;
  #claimed: Era | undefined;

  /** The version that the official client has agreed on with the server. */
  set version(version: string) {
    this.#agreed = eraOf(version);
  }

  /** True if the server was found to be of the legacy era: then it may have a stream for what it says unasked. */
  get isLegacy(): boolean {
    return this.#agreed?.name === 'legacy';
  }

  /**
   * @param added headers that the client gives itself; anything but mirrored parameters is left out, as the rest
   *   belongs to the protocol, to HTTP or to the configuration
   */
  of(
    method: string | undefined,
    params: unknown,
    added: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> | undefined {
    const own = isObject(params) ? params : undefined;
    // A response has no method; the session that it belongs to is legacy, where headers are the same for all.
    const headers = this.#eraFor(own)?.headers(method ?? '', own);
    if (added === undefined) return headers;
    const mirrored: Record<string, string> = {};
    for (const [name, value] of Object.entries(added)) {
      const lower = name.toLowerCase();
      if (MIRRORED.test(lower) && HEADER_VALUE.test(value)) mirrored[lower] = value;
    }
    return { ...headers, ...mirrored };
  }

  /** A request may claim a version before one is agreed on: the probe does. */
  #eraFor(params: Params | undefined): Era | undefined {
    const meta = params?.['_meta'];
    const claim = isObject(meta) ? meta[VERSION_KEY] : undefined;
    if (typeof claim !== 'string' || claim === this.#agreed?.protocolVersion) return this.#agreed;
    if (this.#claimed?.protocolVersion !== claim) this.#claimed = eraOf(claim);
    return this.#claimed;
  }
}

function eraOf(version: string): Era {
  return isLegacyVersion(version) ? LegacyEra.of(version) : ModernEra.of(version, NOBODY);
}
