import { HEADER_NAME, isReservedHeader } from '../../../config/checks/http-checks.ts';
import { listAt, recordAt, textAt } from './data-access.ts';
import { quoted } from './document-fault.ts';
import type { Parameter } from './operation.ts';
import type { DocumentData } from './read-document.ts';
import type { References } from './references.ts';

/** Headers that log in, or that change what a request is: no argument of a tool may set them. */
const NEVER: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'set-cookie',
  'proxy-connection',
  'http2-settings',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);

/** What the entry sets itself. */
export interface OwnSettings {
  /** Names of the headers that the entry or its login sends, in lower case. */
  readonly headers: ReadonlySet<string>;
  /** `url` of the entry: what its query sets is set. */
  readonly url: URL;
}

/**
 * Which parameters are no arguments: those that log in or that the protocol sets, because a caller must not choose them;
 * and those that the entry sets, because they are set.
 */
export class Unsettable {
  readonly #own: OwnSettings;
  /** `query api_key`: the places of API keys by the security schemes of the document. */
  readonly #keys: ReadonlySet<string>;

  constructor(document: DocumentData, references: References, own: OwnSettings) {
    this.#own = own;
    this.#keys = apiKeyPlaces(document, references);
  }

  has({ place, name }: Pick<Parameter, 'place' | 'name'>): boolean {
    if (this.#keys.has(`${place} ${name.toLowerCase()}`)) return true;
    if (place === 'header') {
      return (
        !HEADER_NAME.test(name) || NEVER.has(name) || isReservedHeader(name) || this.#own.headers.has(name)
      );
    }
    if (place === 'cookie') return !HEADER_NAME.test(name) || this.#own.headers.has('cookie');
    return place === 'query' && this.#own.url.searchParams.has(name);
  }
}

function apiKeyPlaces(document: DocumentData, references: References): ReadonlySet<string> {
  const places = new Set<string>();
  for (const given of Object.values(recordAt(recordAt(document, 'components'), 'securitySchemes'))) {
    const found = references.resolve(given);
    if ('missing' in found || textAt(found.value, 'type') !== 'apiKey') continue;
    const name = textAt(found.value, 'name');
    if (name !== undefined) places.add(`${textAt(found.value, 'in') ?? ''} ${name.toLowerCase()}`);
  }
  return places;
}

/** Longest list of schemes that a hint names. */
const MAX_HINTS = 3;

/** Which credentials the document asks for, for people whose login is missing; undefined: it names none. */
export function securityHint(document: DocumentData, references: References): string | undefined {
  const schemes = recordAt(recordAt(document, 'components'), 'securitySchemes');
  const wanted = listAt(document, 'security').flatMap((one) =>
    typeof one === 'object' && one !== null ? Object.keys(one) : [],
  );
  const names = wanted.length > 0 ? wanted : Object.keys(schemes);
  const hints = new Set<string>();
  for (const name of names) {
    const found = references.resolve(Object.hasOwn(schemes, name) ? schemes[name] : undefined);
    if ('missing' in found) continue;
    const hint = schemeHint(found.value);
    if (hint !== undefined) hints.add(hint);
  }
  return hints.size === 0 ? undefined : [...hints].slice(0, MAX_HINTS).join(', or ');
}

function schemeHint(scheme: DocumentData): string | undefined {
  const type = textAt(scheme, 'type');
  if (type === 'apiKey') {
    const place = textAt(scheme, 'in') ?? 'header';
    return `an API key in the ${quoted(place)} "${quoted(textAt(scheme, 'name') ?? '')}"`;
  }
  if (type === 'http') return `HTTP authentication "${quoted(textAt(scheme, 'scheme') ?? '')}"`;
  if (type === 'oauth2') return 'OAuth 2';
  if (type === 'openIdConnect') return 'OpenID Connect';
  return type === 'mutualTLS' ? 'a client certificate' : undefined;
}
