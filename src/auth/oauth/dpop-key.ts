import { webcrypto } from 'node:crypto';
import type { OAuthEngine } from './engine.ts';

export type DpopSession = Awaited<ReturnType<OAuthEngine['DpopSession']['create']>>;
type StoredKey = Readonly<Record<string, unknown>>;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** A key that tokens are bound to (RFC 9449), and how it is kept: refresh tokens may be bound to it as well. */
export interface DpopKey {
  readonly session: DpopSession;
  readonly stored: StoredKey;
}

/** The stored key, or a new one. */
export async function dpopKey(engine: OAuthEngine, stored: StoredKey | undefined): Promise<DpopKey> {
  const { subtle } = webcrypto;
  const pair = stored === undefined ? undefined : await imported(stored);
  const { privateKey, publicKey } = pair ?? (await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']));
  const jwk = await subtle.exportKey('jwk', privateKey);
  const { kty, crv, x, y } = jwk;
  const publicJwk = { kty: kty!, crv: crv!, x: x!, y: y! };
  const digest = await subtle.digest('SHA-256', Buffer.from(JSON.stringify({ crv, kty, x, y })));
  const thumbprint = Buffer.from(digest).toString('base64url');
  const session = await engine.DpopSession.create({
    keyPair: { privateKey, publicKey, publicJwk, thumbprint, alg: 'ES256' },
  });
  return { session, stored: { ...jwk } };
}

async function imported(stored: StoredKey): Promise<webcrypto.CryptoKeyPair | undefined> {
  const { subtle } = webcrypto;
  const { kty, crv, x, y, d } = stored as webcrypto.JsonWebKey;
  try {
    const privateKey = await subtle.importKey(
      'jwk',
      { kty, crv, x, y, d } as webcrypto.JsonWebKey,
      ALGORITHM,
      true,
      ['sign'],
    );
    const publicKey = await subtle.importKey(
      'jwk',
      { kty, crv, x, y } as webcrypto.JsonWebKey,
      ALGORITHM,
      true,
      ['verify'],
    );
    return { privateKey, publicKey };
  } catch {
    return undefined;
  }
}
