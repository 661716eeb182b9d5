/**
 * A secret: the text itself, which `${VAR}` may stand for, or where it is looked up each time it is needed. A command is a
 * program with its arguments, started without a shell; what it prints is the secret.
 */
export type SecretSetting =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] }
  | { readonly keyring: { readonly service: string; readonly account?: string | undefined } };

/** `Authorization: Bearer <token>`. */
export interface BearerAuth {
  readonly type: 'bearer';
  readonly token: SecretSetting;
}

/** `Authorization: Basic <user:password>`. */
export interface BasicAuth {
  readonly type: 'basic';
  readonly user: string;
  readonly password: SecretSetting;
}

/** A header of any name, as for an API key. */
export interface HeaderAuth {
  readonly type: 'header';
  readonly name: string;
  readonly value: SecretSetting;
}

/** Headers that a program prints as JSON: `{"X-Api-Key": "…"}`, or `{"headers": {…}, "expiresInSeconds": 300}`. */
export interface CommandAuth {
  readonly type: 'command';
  /** Program and arguments; started without a shell. */
  readonly command: readonly string[];
  /** How long it may run, in ms. Default 10 000; 1 to 600 000. */
  readonly timeoutMs?: number | undefined;
  /** How long its headers are used, in ms, unless it says so itself. Default 300 000; 1 to 2 147 483 647. */
  readonly refreshMs?: number | undefined;
}

/** How a token is got. */
export type OAuthGrant =
  | 'authorization-code'
  | 'device-code'
  | 'client-credentials'
  | 'jwt-bearer'
  | 'enterprise';

/** Where an identity provider exchanges the identity of a person for access (enterprise-managed authorization). */
export interface IdentityProvider {
  readonly issuer: string;
  /** Where it exchanges tokens. Default: what its metadata say. */
  readonly tokenEndpoint?: string | undefined;
  readonly clientId: string;
  readonly clientSecret?: SecretSetting | undefined;
  /** The identity of the person, as an OpenID Connect ID token. */
  readonly idToken: SecretSetting;
}

/** OAuth 2.1. Nothing has to be set where the server tells all, and lets clients introduce themselves. */
export interface OAuthAuth {
  readonly type: 'oauth';
  /** Default `'authorization-code'`: a person allows it in a browser. */
  readonly grant?: OAuthGrant | undefined;
  /** The id under which Signalbox was registered before. Default: `oauth.clientId` of the entry, else it introduces itself. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: SecretSetting | undefined;
  /** Where a document describes this client (CIMD): https, with a path. Default: none. */
  readonly clientMetadataUrl?: string | undefined;
  /** PKCS#8 in PEM, to prove who we are by `private_key_jwt`. Default: none. */
  readonly privateKey?: SecretSetting | undefined;
  /** How the private key signs. Default `'ES256'`. */
  readonly algorithm?: string | undefined;
  /** What to ask for. Default: what the server asks for, else what it lists. */
  readonly scopes?: readonly string[] | undefined;
  /** The authorization server to use; credentials go to no other. Default: the first that the server names. */
  readonly issuer?: string | undefined;
  /** Port of the callback on 127.0.0.1. Default: a free one; 1 to 65 535. */
  readonly callbackPort?: number | undefined;
  /** For `jwt-bearer`: what proves who we are, such as the token of a workload. */
  readonly assertion?: SecretSetting | undefined;
  /** For `enterprise`. */
  readonly idp?: IdentityProvider | undefined;
  /** Whether tokens are bound to a key of ours (RFC 9449). Default `false`. */
  readonly dpop?: boolean | undefined;
  /** Whether an authorization server may be at an address of this machine or of a private network. Default `false`. */
  readonly allowPrivate?: boolean | undefined;
}

/** How we prove to a server who we are. */
export type AuthSettings = BearerAuth | BasicAuth | HeaderAuth | CommandAuth | OAuthAuth;

/** What other hosts write under `oauth` of an entry and Signalbox reads as well. */
interface ForeignOAuth {
  readonly clientId?: unknown;
  readonly clientSecret?: unknown;
  readonly scopes?: unknown;
  readonly scope?: unknown;
  readonly callbackPort?: unknown;
}

/**
 * The settings of an entry, those of `oauth` that Signalbox understands laid below its own. `false`: nothing is done about
 * a server that wants authorization; undefined: what is usual.
 */
export function resolveAuth(
  own: AuthSettings | false | undefined,
  foreign: Readonly<Record<string, unknown>> | undefined,
): AuthSettings | false | undefined {
  if (own === false || (own !== undefined && own.type !== 'oauth')) return own;
  if (foreign === undefined) return own;
  const { clientId, clientSecret, scopes, scope, callbackPort }: ForeignOAuth = foreign;
  const given = scopes ?? scope;
  const list = Array.isArray(given) ? given : typeof given === 'string' ? given.split(/\s+/u) : undefined;
  const defined = Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== undefined));
  return Object.freeze({
    type: 'oauth',
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(typeof clientSecret === 'string' ? { clientSecret } : {}),
    ...(list === undefined
      ? {}
      : { scopes: list.filter((one): one is string => typeof one === 'string' && one !== '') }),
    ...(typeof callbackPort === 'number' ? { callbackPort } : {}),
    ...defined,
  });
}
