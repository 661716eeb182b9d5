import type { StoredGrant } from '../store/stored-grant.ts';
import type { Discovery, DiscoveryTools } from './discovery.ts';
import { clientInformation } from './oauth-client.ts';
import { clientAuthentication } from './token-grants.ts';

/**
 * Takes tokens back at the authorization server that gave them (RFC 7009), the refresh token first: with it the others end.
 * Does nothing where the authorization server has no place for that. Rejects if it refuses.
 */
export async function revokeTokens(
  tools: DiscoveryTools,
  discovery: Discovery,
  grant: StoredGrant,
): Promise<void> {
  const endpoint = (discovery.metadata as Readonly<Record<string, unknown>> | undefined)?.[
    'revocation_endpoint'
  ];
  const { tokens, client } = grant;
  if (typeof endpoint !== 'string' || tokens === undefined) return;
  for (const [hint, token] of [
    ['refresh_token', tokens.refreshToken],
    ['access_token', tokens.accessToken],
  ] as const) {
    if (token === undefined) continue;
    const body = new URLSearchParams({ token, token_type_hint: hint });
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
    await authenticate(tools, discovery, client, headers, body, endpoint);
    const response = await tools.hops.fetch(endpoint, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`taking the ${hint} back was refused with HTTP ${response.status}`);
  }
}

async function authenticate(
  tools: DiscoveryTools,
  { issuer, metadata }: Discovery,
  client: StoredGrant['client'],
  headers: Headers,
  body: URLSearchParams,
  endpoint: string,
): Promise<void> {
  const byKey = await clientAuthentication(tools, client);
  if (byKey !== undefined) {
    await byKey(headers, body, endpoint, metadata);
    return;
  }
  const information = clientInformation(client, issuer);
  const method = tools.engine.selectClientAuthMethod(
    information,
    metadata?.token_endpoint_auth_methods_supported ?? [],
  );
  if (method === 'client_secret_basic' && client.clientSecret !== undefined) {
    const credentials = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64');
    headers.set('authorization', `Basic ${credentials}`);
    return;
  }
  body.set('client_id', client.clientId);
  if (method === 'client_secret_post' && client.clientSecret !== undefined)
    body.set('client_secret', client.clientSecret);
}
