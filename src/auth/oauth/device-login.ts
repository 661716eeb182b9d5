import { throwIfAborted } from '../../core/abort.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { sleep } from '../../core/sleep.ts';
import { checkPageUrl } from '../browser/page-url.ts';
import type { BrowserLogin, LoginResult } from './browser-login.ts';
import { LOGIN_MS } from './browser-login.ts';
import type { DiscoveryTools } from './discovery.ts';
import { authFailed, oauthErrorCode } from './engine-error.ts';
import { clientFor, DEVICE_GRANT } from './oauth-client.ts';
import { type EngineTokens, rawTokenRequest } from './token-grants.ts';

const MIN_INTERVAL_MS = 1000;
const MAX_INTERVAL_MS = 60_000;
const DEFAULT_INTERVAL_S = 5;

/** What the authorization server gives for a device (RFC 8628, 3.2). */
interface DeviceAnswer {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly page: string;
  readonly completePage: string | undefined;
  readonly lifeMs: number;
  readonly intervalMs: number;
}

/**
 * Lets a person allow access on another device: for machines without a browser (RFC 8628).
 * @throws SignalboxError AUTH_FAILED, REQUEST_ABORTED
 */
export async function loginOnDevice(tools: DiscoveryTools, login: BrowserLogin): Promise<LoginResult> {
  const { context } = tools;
  const { server, clock } = context;
  const { handler, signal, stored, discovery } = login;
  throwIfAborted(signal, server);
  if (handler.device === undefined) {
    throw new SignalboxError('AUTH_FAILED', 'nobody can be shown a code here', { server });
  }
  // A device has no callback; one that nobody listens at is what registration wants to hear.
  const client = await clientFor(tools, discovery, stored, 'http://127.0.0.1/callback');
  const answer = await deviceCode(tools, login, client.clientId);
  context.onSecret(answer.deviceCode);
  const over = new AbortController();
  const all = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const completeUrl =
    answer.completePage === undefined ? undefined : checkPageUrl(answer.completePage, server);
  try {
    await handler.device(
      {
        server,
        url: checkPageUrl(answer.page, server),
        completeUrl,
        code: sanitizePeerText(answer.userCode, 40),
        expiresAtMs: clock.wallNow() + answer.lifeMs,
      },
      all,
    );
    return { client, tokens: await poll(tools, login, client, answer) };
  } finally {
    over.abort();
  }
}

async function deviceCode(
  { hops, context, conceal }: DiscoveryTools,
  { discovery, scope }: BrowserLogin,
  clientId: string,
): Promise<DeviceAnswer> {
  const { server } = context;
  const endpoint = (discovery.metadata as Readonly<Record<string, unknown>> | undefined)?.[
    'device_authorization_endpoint'
  ];
  if (typeof endpoint !== 'string') {
    throw new SignalboxError('AUTH_FAILED', 'the authorization server offers no login by code', { server });
  }
  const body = new URLSearchParams({ client_id: clientId });
  if (scope !== undefined) body.set('scope', scope);
  if (discovery.resource !== undefined) body.set('resource', discovery.resource);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const response = await hops.fetch(endpoint, { method: 'POST', headers, body });
  const text = await response.text();
  const answer = response.ok ? read(text) : undefined;
  if (answer !== undefined) return answer;
  throw authFailed(`the login by code was refused (HTTP ${response.status})`, new Error(text), {
    server,
    conceal,
  });
}

function read(text: string): DeviceAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const {
    device_code: device,
    user_code: user,
    verification_uri: page,
    verification_uri_complete: complete,
  } = given;
  if (typeof device !== 'string' || typeof user !== 'string' || typeof page !== 'string') return undefined;
  const seconds = (name: string, preset: number): number => {
    const number = given[name];
    return typeof number === 'number' && number > 0 ? number : preset;
  };
  return {
    deviceCode: device,
    userCode: user,
    page,
    completePage: typeof complete === 'string' ? complete : undefined,
    lifeMs: Math.min(LOGIN_MS, seconds('expires_in', LOGIN_MS / 1000) * 1000),
    intervalMs: Math.max(MIN_INTERVAL_MS, seconds('interval', DEFAULT_INTERVAL_S) * 1000),
  };
}

async function poll(
  tools: DiscoveryTools,
  { discovery, dpop, signal }: BrowserLogin,
  client: LoginResult['client'],
  { deviceCode: device_code, lifeMs, intervalMs: first }: DeviceAnswer,
): Promise<EngineTokens> {
  const { clock, server } = tools.context;
  const endsAt = clock.now() + lifeMs;
  let intervalMs = first;
  for (;;) {
    await sleep(clock, intervalMs, signal);
    if (clock.now() >= endsAt) {
      throw new SignalboxError('AUTH_FAILED', 'nobody has entered the code in time', { server });
    }
    try {
      const request = { discovery, client, scope: undefined, dpop };
      return await rawTokenRequest(tools, request, { grant_type: DEVICE_GRANT, device_code });
    } catch (error) {
      tools.hops.throwFault();
      const code = oauthErrorCode(error);
      if (code === 'slow_down') intervalMs = Math.min(MAX_INTERVAL_MS, intervalMs + 5000);
      else if (code !== 'authorization_pending') {
        throw authFailed('the login by code failed', error, { server, conceal: tools.conceal });
      }
    }
  }
}
