import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { redactUrl } from '../../core/redact.ts';
import { readSecret } from '../static/secret-reader.ts';
import type { StoredClient, StoredServer } from '../store/stored-grant.ts';
import type { Discovery, DiscoveryTools } from './discovery.ts';
import { authFailed } from './engine-error.ts';

/** The grant of a login by code (RFC 8628, 3.4). */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** A client, as the engine wants it: with the issuer that it belongs to. */
export function clientInformation({ clientId, clientSecret, authMethod }: StoredClient, issuer: string) {
  return {
    client_id: clientId,
    issuer,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(authMethod === undefined ? {} : { token_endpoint_auth_method: authMethod }),
  };
}

/**
 * Who we are for this authorization server: registered before, described by a document, or registered now. What one
 * authorization server knows us as is never shown to another one.
 *
 * @param redirectUri undefined where no person is asked
 * @throws SignalboxError AUTH_FAILED
 */
export async function clientFor(
  tools: DiscoveryTools,
  discovery: Discovery,
  stored: StoredServer | undefined,
  redirectUri: string | undefined,
): Promise<StoredClient> {
  const { context } = tools;
  const { options, server } = context;
  const { issuer, metadata } = discovery;
  if (options.clientId !== undefined)
    return await configuredClient(tools, options.clientId, discovery, stored);
  const { clientMetadataUrl } = options;
  if (clientMetadataUrl !== undefined && metadata?.client_id_metadata_document_supported === true) {
    return { kind: 'document', clientId: clientMetadataUrl };
  }
  const known = stored?.grants.find(
    (grant) => grant.issuer === issuer && grant.client.kind === 'registered',
  )?.client;
  if (known !== undefined && isUsable(known, redirectUri, context.clock.wallNow())) return known;
  const cure = 'register Signalbox there and set "x-signalbox.auth.clientId"';
  if (redirectUri === undefined || (metadata !== undefined && metadata.registration_endpoint === undefined)) {
    const shown = sanitizePeerText(redactUrl(issuer), 120);
    throw new SignalboxError(
      'AUTH_FAILED',
      `the authorization server ${shown} does not let clients introduce themselves; ${cure}`,
      {
        server,
      },
    );
  }
  return await register(tools, discovery, redirectUri);
}

async function configuredClient(
  { context }: DiscoveryTools,
  clientId: string,
  { issuer }: Discovery,
  stored: StoredServer | undefined,
): Promise<StoredClient> {
  const { options, server } = context;
  // Without a word of the user, the first authorization server that it was used with is the one it belongs to.
  const bound = stored?.grants.find(
    (grant) =>
      grant.client.kind === 'configured' && grant.client.clientId === clientId && grant.issuer !== issuer,
  );
  if (bound !== undefined && options.issuer === undefined) {
    const [now, before] = [issuer, bound.issuer].map((one) => sanitizePeerText(redactUrl(one), 120));
    const message = `the server now wants tokens of ${now}, but "auth.clientId" belongs to ${before}; if that is right, set "auth.issuer" to the new one`;
    throw new SignalboxError('AUTH_FAILED', message, { server });
  }
  const { clientSecret } = options;
  const secret = clientSecret === undefined ? undefined : (await readSecret(clientSecret, context)).reveal();
  if (secret !== undefined) context.onSecret(secret);
  return { kind: 'configured', clientId, clientSecret: secret };
}

function isUsable(client: StoredClient, redirectUri: string | undefined, nowMs: number): boolean {
  if ((client.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) return false;
  return redirectUri === undefined || client.redirectUri === redirectUri;
}

async function register(
  tools: DiscoveryTools,
  discovery: Discovery,
  redirectUri: string,
): Promise<StoredClient> {
  const { server } = tools.context;
  try {
    return await registered(tools, discovery, redirectUri);
  } catch (error) {
    tools.hops.throwFault();
    throw authFailed('the authorization server does not register this client', error, {
      server,
      conceal: tools.conceal,
    });
  }
}

async function registered(
  { engine, hops, context }: DiscoveryTools,
  { authorizationServer, metadata }: Discovery,
  redirectUri: string,
): Promise<StoredClient> {
  const methods = metadata?.token_endpoint_auth_methods_supported;
  const wished = ['none', 'client_secret_basic', 'client_secret_post'];
  const method = methods === undefined ? 'none' : (wished.find((one) => methods.includes(one)) ?? 'none');
  // The deprecated way is the only one that most authorization servers have.
  // oxlint-disable-next-line typescript/no-deprecated
  const information = await engine.registerClient(authorizationServer, {
    ...(metadata === undefined ? {} : { metadata }),
    clientMetadata: {
      client_name: context.clientName,
      redirect_uris: [redirectUri],
      grant_types: [
        'authorization_code',
        'refresh_token',
        // Who does not say so may be refused (RFC 7591, 2).
        ...(context.options.grant === 'device-code' ? [DEVICE_GRANT] : []),
      ],
      response_types: ['code'],
      token_endpoint_auth_method: method,
      application_type: 'native',
      software_id: 'signalbox',
      software_version: context.softwareVersion,
    },
    fetchFn: hops.fetch,
  });
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = information;
  if (client_secret !== undefined) context.onSecret(client_secret);
  return {
    kind: 'registered',
    clientId: client_id,
    clientSecret: client_secret,
    authMethod: token_endpoint_auth_method,
    redirectUri,
    expiresAtMs:
      client_secret_expires_at === undefined || client_secret_expires_at === 0
        ? undefined
        : client_secret_expires_at * 1000,
  };
}
