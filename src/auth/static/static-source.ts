import { validateHeaderValue } from 'node:http';
import { SignalboxError } from '../../core/errors.ts';
import type { CredentialSource } from '../credential-source.ts';
import { FetchedSource } from './fetched-source.ts';
import { headersCommand } from './headers-command.ts';
import { readSecret, type SecretOrigin } from './secret-reader.ts';
import type { StaticSourceContext } from './static-context.ts';

/** Credentials that need no login. */
export type StaticCredential =
  | { readonly type: 'bearer'; readonly token: SecretOrigin }
  | { readonly type: 'basic'; readonly user: string; readonly password: SecretOrigin }
  | { readonly type: 'header'; readonly name: string; readonly value: SecretOrigin }
  | {
      readonly type: 'command';
      readonly command: readonly string[];
      readonly timeoutMs?: number | undefined;
      readonly refreshMs?: number | undefined;
    };

/** The source for credentials that need no login. Nothing is looked up before the first request. */
export function staticSource(credential: StaticCredential, context: StaticSourceContext): CredentialSource {
  const { clock, onSecret } = context;
  if (credential.type === 'command') {
    return new FetchedSource(() => headersCommand(credential, context), clock);
  }
  return new FetchedSource(async () => {
    const [name, origin] = placeOf(credential);
    const secret = (await readSecret(origin, context)).reveal();
    const word = credential.type === 'basic' ? encoded(credential.user, secret) : secret;
    for (const one of new Set([secret, word])) onSecret(one);
    const value = credential.type === 'header' ? word : `${SCHEMES[credential.type]} ${word}`;
    try {
      validateHeaderValue(name, value);
    } catch {
      const message = `a secret of "x-signalbox.auth" has a character that headers cannot carry, such as a line break`;
      throw new SignalboxError('CONFIG_INVALID', message, { server: context.server });
    }
    return { headers: [name, value], secrets: [secret, word], expiresAtMs: undefined };
  }, clock);
}

const SCHEMES = { bearer: 'Bearer', basic: 'Basic' } as const;

function placeOf(credential: Exclude<StaticCredential, { type: 'command' }>): [string, SecretOrigin] {
  switch (credential.type) {
    case 'bearer':
      return ['authorization', credential.token];
    case 'basic':
      return ['authorization', credential.password];
    case 'header':
      return [credential.name.toLowerCase(), credential.value];
  }
}

/** RFC 7617, with UTF-8. */
function encoded(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
}
