/** A client as an authorization server knows it. */
export interface StoredClient {
  /** How it came to be: set by the user, a document that describes it (CIMD), or by registering itself. */
  readonly kind: 'configured' | 'document' | 'registered';
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly authMethod?: string | undefined;
  /** The callback that it was registered with. */
  readonly redirectUri?: string | undefined;
  /** When its secret ends, in ms since the epoch. */
  readonly expiresAtMs?: number | undefined;
}

/** The tokens of one server as a store keeps them. Secrets. */
export interface StoredTokens {
  readonly accessToken: string;
  readonly isDpop: boolean;
  readonly refreshToken?: string | undefined;
  /** What was granted, separated by spaces. */
  readonly scope?: string | undefined;
  /** When the access token ends, in ms since the epoch. */
  readonly expiresAtMs?: number | undefined;
}

/** What one authorization server granted for one resource. Neither client nor tokens are ever shown to another one. */
export interface StoredGrant {
  readonly issuer: string;
  /** The resource indicator; undefined where the server has none. */
  readonly resource: string | undefined;
  readonly client: StoredClient;
  readonly tokens: StoredTokens | undefined;
  /** What was asked for last, separated by spaces. */
  readonly requestedScope: string | undefined;
  /** The private key that tokens are bound to, as JWK. */
  readonly dpopKey: Readonly<Record<string, unknown>> | undefined;
  readonly savedAtMs: number;
}

/** All that is kept about one server. */
export interface StoredServer {
  readonly serverUrl: string;
  readonly grants: readonly StoredGrant[];
}

const MAX_GRANTS = 16;

/** The grant whose tokens are in use: the one that was saved last. */
export function currentGrant(stored: StoredServer | undefined): StoredGrant | undefined {
  return stored?.grants.filter(({ tokens }) => tokens !== undefined).at(-1);
}

/** The grant of this authorization server for this resource. */
export function grantOf(
  stored: StoredServer | undefined,
  issuer: string,
  resource: string | undefined,
): StoredGrant | undefined {
  return stored?.grants.find((grant) => grant.issuer === issuer && grant.resource === resource);
}

/** With this grant as the last one, in place of the one before it of the same authorization server and resource. */
export function withGrant(
  stored: StoredServer | undefined,
  serverUrl: string,
  grant: StoredGrant,
): StoredServer {
  const others = (stored?.grants ?? []).filter(
    ({ issuer, resource }) => issuer !== grant.issuer || resource !== grant.resource,
  );
  return { serverUrl, grants: [...others, grant].slice(-MAX_GRANTS) };
}

/** Reads what a store has kept; undefined for anything that is no such thing. */
export function parseStored(value: unknown, serverUrl: string): StoredServer | undefined {
  if (!isRecord(value) || value['version'] !== 1 || value['serverUrl'] !== serverUrl) return undefined;
  const { grants } = value;
  if (!Array.isArray(grants) || grants.length > MAX_GRANTS || !grants.every(isGrant)) return undefined;
  return { serverUrl, grants };
}

function isGrant(value: unknown): value is StoredGrant {
  if (!isRecord(value) || typeof value['issuer'] !== 'string' || typeof value['savedAtMs'] !== 'number')
    return false;
  const { client, tokens, dpopKey } = value;
  if (!isText(value['resource']) || !isText(value['requestedScope'])) return false;
  if (dpopKey !== undefined && !isRecord(dpopKey)) return false;
  if (!isRecord(client) || typeof client['clientId'] !== 'string' || !isText(client['clientSecret']))
    return false;
  if (!['configured', 'document', 'registered'].includes(String(client['kind']))) return false;
  if (!isText(client['redirectUri']) || !isText(client['authMethod']) || !isNumber(client['expiresAtMs']))
    return false;
  if (tokens === undefined) return true;
  return (
    isRecord(tokens) &&
    typeof tokens['accessToken'] === 'string' &&
    typeof tokens['isDpop'] === 'boolean' &&
    isText(tokens['refreshToken']) &&
    isText(tokens['scope']) &&
    isNumber(tokens['expiresAtMs'])
  );
}

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumber = (value: unknown): boolean => value === undefined || typeof value === 'number';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
