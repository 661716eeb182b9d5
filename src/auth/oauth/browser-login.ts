import { randomBytes } from 'node:crypto';
import { onAbort, throwIfAborted } from '../../core/abort.ts';
import { deferred } from '../../core/deferred.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { AuthorizationHandler } from '../authorization-handler.ts';
import { checkPageUrl } from '../browser/page-url.ts';
import type { StoredClient, StoredServer } from '../store/stored-grant.ts';
import { type CallbackParams, CallbackServer } from './callback-server.ts';
import { type Discovery, type DiscoveryTools, requirePkce } from './discovery.ts';
import type { DpopSession } from './dpop-key.ts';
import { authFailed } from './engine-error.ts';
import { clientFor, clientInformation } from './oauth-client.ts';
import { clientAuthentication, type EngineTokens } from './token-grants.ts';

/** How long a login is waited for, in ms (S10). */
export const LOGIN_MS = 5 * 60_000;

/** One login of a person. */
export interface BrowserLogin {
  readonly discovery: Discovery;
  readonly stored: StoredServer | undefined;
  readonly scope: string | undefined;
  readonly dpop: DpopSession | undefined;
  readonly handler: AuthorizationHandler;
  readonly signal: AbortSignal | undefined;
}

/** What came of a login. */
export interface LoginResult {
  readonly client: StoredClient;
  readonly tokens: EngineTokens;
}

/**
 * Lets a person allow access in a browser: authorization code with PKCE, a callback on 127.0.0.1 with a `state` that is good
 * once, `iss` checked before anything of the answer is believed or sent on (RFC 9207).
 * @throws SignalboxError AUTH_FAILED, LISTEN_FAILED, REQUEST_ABORTED
 */
export async function loginInBrowser(tools: DiscoveryTools, login: BrowserLogin): Promise<LoginResult> {
  const { server } = tools.context;
  throwIfAborted(login.signal, server);
  requirePkce(login.discovery, server);
  const state = randomBytes(32).toString('base64url');
  const callback = await openCallback(tools, login, state);
  try {
    const client = await clientFor(tools, login.discovery, login.stored, callback.redirectUri);
    const { authorizationUrl, codeVerifier } = await start(tools, login, client, callback.redirectUri, state);
    tools.context.onSecret(codeVerifier);
    const params = await askPerson(tools, login, authorizationUrl, callback);
    const code = codeIn(tools, login.discovery, params);
    return { client, tokens: await redeem(tools, login, client, { code, codeVerifier, params, callback }) };
  } finally {
    await callback.close();
  }
}

/** On the port that the user names, else on the one that the client was registered with, else on a free one. */
async function openCallback(
  { context }: DiscoveryTools,
  { discovery, stored }: BrowserLogin,
  state: string,
): Promise<CallbackServer> {
  const { server, options } = context;
  if (options.callbackPort !== undefined)
    return await CallbackServer.listen(server, state, options.callbackPort);
  const known = stored?.grants.find(
    ({ issuer, client }) => issuer === discovery.issuer && client.kind === 'registered',
  )?.client.redirectUri;
  if (known !== undefined && URL.canParse(known)) {
    try {
      return await CallbackServer.listen(server, state, Number(new URL(known).port));
    } catch {
      // Taken by somebody else: then the client is registered anew, with another port.
    }
  }
  return await CallbackServer.listen(server, state, 0);
}

async function start(
  { engine, hops, context, conceal }: DiscoveryTools,
  { discovery, scope }: BrowserLogin,
  client: StoredClient,
  redirectUrl: string,
  state: string,
): Promise<{ authorizationUrl: URL; codeVerifier: string }> {
  const { authorizationServer, issuer, metadata, resource } = discovery;
  try {
    const { authorizationUrl, codeVerifier } = await engine.startAuthorization(authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: clientInformation(client, issuer),
      redirectUrl,
      state,
      ...(scope === undefined ? {} : { scope }),
      ...(resource === undefined ? {} : { resource }),
    });
    return { authorizationUrl: checkPageUrl(authorizationUrl, context.server), codeVerifier };
  } catch (error) {
    hops.throwFault();
    throw authFailed('the login cannot be started', error, { server: context.server, conceal });
  }
}

async function askPerson(
  { context }: DiscoveryTools,
  { handler, signal }: BrowserLogin,
  url: URL,
  callback: CallbackServer,
): Promise<CallbackParams> {
  const { server, clock } = context;
  const over = new AbortController();
  const failed = deferred<never>();
  failed.promise.catch(() => undefined);
  const end = (error: SignalboxError): void => {
    over.abort(error);
    failed.reject(error);
  };
  const timer = clock.setTimeout(() => {
    end(
      new SignalboxError('AUTH_FAILED', `nobody has logged in within ${LOGIN_MS / 60_000} minutes`, {
        server,
      }),
    );
  }, LOGIN_MS);
  const release = onAbort(signal, () => {
    end(new SignalboxError('REQUEST_ABORTED', 'the login was given up', { server, cause: signal?.reason }));
  });
  const { redirectUri } = callback;
  const expiresAtMs = clock.wallNow() + LOGIN_MS;
  const ask = async (): Promise<string | undefined | void> =>
    await handler.authorize({ server, url, redirectUri, expiresAtMs }, over.signal);
  void ask().then(
    (pasted) => {
      if (typeof pasted !== 'string' || callback.accept(pasted)) return;
      end(new SignalboxError('AUTH_FAILED', 'what was pasted is not the answer to this login', { server }));
    },
    (error: unknown) => {
      if (over.signal.aborted) return;
      const message = 'the person could not be asked to log in';
      end(
        SignalboxError.is(error)
          ? error
          : new SignalboxError('AUTH_FAILED', message, { server, cause: error }),
      );
    },
  );
  try {
    return await Promise.race([callback.received, failed.promise]);
  } finally {
    timer.cancel();
    release();
    // The handler may still show something: it learns that it is over.
    over.abort();
  }
}

/** The code of an answer. Nothing of it is believed, not even that it is an error, before `iss` is right (A-23). */
function codeIn(
  { engine, context }: DiscoveryTools,
  { metadata }: Discovery,
  params: CallbackParams,
): string {
  const { server } = context;
  try {
    engine.validateAuthorizationResponseIssuer({
      iss: params.get('iss'),
      expectedIssuer: metadata?.issuer,
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
    });
  } catch {
    const message =
      'the answer to the login is not of the authorization server that was asked; it is thrown away';
    throw new SignalboxError('AUTH_FAILED', message, { server });
  }
  const error = params.get('error');
  if (error !== undefined) {
    const code = sanitizePeerText(error, 60);
    const said = sanitizePeerText(params.get('error_description') ?? '', 200);
    const message = `the login was refused (${code})${said === '' ? '' : `: ${said}`}`;
    throw new SignalboxError('AUTH_FAILED', message, { server, details: { error: code } });
  }
  const code = params.get('code');
  if (code === undefined || code === '') {
    throw new SignalboxError('AUTH_FAILED', 'the answer to the login holds no code', { server });
  }
  context.onSecret(code);
  return code;
}

async function redeem(
  tools: DiscoveryTools,
  { discovery, dpop }: BrowserLogin,
  client: StoredClient,
  answer: { code: string; codeVerifier: string; params: CallbackParams; callback: CallbackServer },
): Promise<EngineTokens> {
  const { engine, hops, context, conceal } = tools;
  const { authorizationServer, issuer, metadata, resource } = discovery;
  const authentication = await clientAuthentication(tools, client);
  const iss = answer.params.get('iss');
  try {
    return await engine.exchangeAuthorization(authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: clientInformation(client, issuer),
      authorizationCode: answer.code,
      ...(iss === undefined ? {} : { iss }),
      codeVerifier: answer.codeVerifier,
      redirectUri: answer.callback.redirectUri,
      ...(resource === undefined ? {} : { resource }),
      ...(authentication === undefined ? {} : { addClientAuthentication: authentication }),
      ...(dpop === undefined ? {} : { dpop }),
      fetchFn: hops.fetch,
    });
  } catch (error) {
    hops.throwFault();
    throw authFailed('the authorization server gives no token for this login', error, {
      server: context.server,
      conceal,
    });
  }
}
