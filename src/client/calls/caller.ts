import type { ResolvedSettings } from '../../config/settings.ts';
import { messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import type { Tool } from '../../protocol/mcp-types.ts';
import type { Handshake } from '../../protocol/negotiation/handshake.ts';
import type { Session } from '../../protocol/session/session.ts';
import { isObject, type Params } from '../../wire/json-rpc.ts';
import type { ClientActivity } from '../activity/client-activity.ts';
import type { Connection } from '../connection/connection.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { InputDesk } from '../input/input-desk.ts';
import type { UrlElicitations } from '../input/url-elicitations.ts';
import type { CallExtras, CallInHand, CallRequest } from './call-in-hand.ts';
import type { CallOptions } from './call-options.ts';
import { undeclared } from './declared.ts';
import { FirstAttempt, type FirstAttemptOwner } from './first-attempt.ts';
import type { CallGuard } from './guard/call-guard.ts';
import { isGuardRefusal } from './guard/guard-refusal.ts';
import { inputRounds } from './input-rounds.ts';
import { inputTime } from './input-time.ts';
import { afterUnknown, asOutcome, isRead, outcomeOf, replayDelay } from './replay.ts';

/** Requests that a modern server may answer with a request for input (2026-07-28, MRTR). */
const ASKS_BACK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

const HEADER_MISMATCH = -32020;
const URL_ELICITATION_REQUIRED = -32042;

const NO_EXTRAS: CallExtras = {};

/** What a {@link Caller} asks of its client. */
export interface CallerOwner {
  readonly name: string;
  readonly settings: ResolvedSettings;
  readonly environment: ClientEnvironment;
  readonly connection: Connection;
  /** Is told of each call that begins and ends. */
  readonly activity: ClientActivity;
  readonly guard: CallGuard;
  readonly desk: InputDesk;
  readonly urlElicitations: UrlElicitations;
  /** What the server told of itself when the present connection was set up. */
  readonly handshake: Handshake | undefined;
  /** Headers beside those of the era. */
  headersFor(method: string, params: Params | undefined): Readonly<Record<string, string>> | undefined;
  /** A tool as it was last listed. */
  findTool(name: unknown): Tool | undefined;
  /** The server says that our mirrored headers are wrong: learn its tools anew. */
  learnTools(options: CallOptions): Promise<unknown>;
  /** A request has failed for the first time. */
  requestFailed(method: string, params: Params | undefined, error: unknown): void;
}

/**
 * Makes one call of an application out of as many requests as its server needs: the first, the same again in a new
 * session that the server lost, again with the input it asked for. Each goes through the guard; all of them share the
 * time of the call.
 */
export class Caller implements FirstAttemptOwner {
  readonly guard: CallGuard;
  readonly activity: ClientActivity;
  readonly #client: CallerOwner;

  constructor(client: CallerOwner) {
    this.#client = client;
    this.guard = client.guard;
    this.activity = client.activity;
  }

  /**
   * Resolves with the result object, or with what `extras.read` makes of it.
   * @throws SignalboxError, RemoteError
   */
  request<Result = Record<string, unknown>>(
    method: string,
    params: Params | undefined,
    options: CallOptions,
    extras: CallExtras = NO_EXTRAS,
  ): Promise<Result> {
    const { guard, activity } = this;
    const { settings, environment, connection } = this.#client;
    const startedAt = environment.clock.now();
    let call: CallInHand;
    try {
      const request: CallRequest = {
        timeoutMs: options.timeoutMs ?? settings.timeouts.request,
        totalTimeoutMs: options.totalTimeoutMs ?? settings.timeouts.total,
        signal: options.signal,
        onProgress: options.onProgress,
        headers: this.#client.headersFor(method, params),
        acceptsInputRequests: ASKS_BACK.has(method),
        acceptsResultTypes: extras.acceptsResultTypes,
        era: extras.era,
      };
      call = { method, params: withMeta(params, options.meta), options, extras, request, startedAt };
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(messageOf(error)));
    }
    activity.begin();
    const { session } = connection;
    const permit = session === undefined ? undefined : guard.tryEnter();
    if (session === undefined || permit === undefined) {
      const first = this.#attempt(method, call.params, call.request, startedAt);
      return this.pursue(call, first) as Promise<Result>;
    }
    return new Promise<Result>((resolve, reject) => {
      const attempt = new FirstAttempt(
        this,
        call,
        session,
        permit,
        resolve as (result: unknown) => void,
        reject,
      );
      this.#dispatch(session, call, attempt);
    });
  }

  /** Goes on with a call whose first request is on its way or came to this, to its end. */
  async pursue(call: CallInHand, first: Promise<Record<string, unknown>>): Promise<unknown> {
    const { method, params, extras, options } = call;
    let result: Record<string, unknown>;
    try {
      try {
        result = await first;
      } catch (error) {
        this.#client.requestFailed(method, params, error);
        result = await this.#again(error, call);
      }
      if (result['resultType'] === 'input_required') {
        extras.onInputRequired?.();
        result = await inputRounds(this.#client, call, result, (again, request, startedAt) =>
          this.#attempt(method, again, request, startedAt),
        );
      }
    } finally {
      this.activity.end(method);
    }
    return extras.read === undefined ? result : extras.read(result, params, options);
  }

  #dispatch(session: Session, call: CallInHand, attempt: FirstAttempt): void {
    const { method, params, request, startedAt } = call;
    try {
      const refusal = undeclared(method, this.#client.handshake, this.#client.name);
      if (refusal === undefined) {
        session.dispatch(method, params, request, attempt, request.era?.(session), startedAt);
      } else attempt.failed(refusal, startedAt);
    } catch (error) {
      // How it is dressed is asked for at the last moment, and may be refused.
      attempt.failed(error as Error, startedAt);
    }
  }

  #send(
    session: Session,
    method: string,
    params: Params | undefined,
    request: CallRequest,
  ): Promise<Record<string, unknown>> {
    const refusal = undeclared(method, this.#client.handshake, this.#client.name);
    if (refusal !== undefined) return Promise.reject(refusal);
    const sent = session.request(method, params, request, request.era?.(session));
    return sent as Promise<Record<string, unknown>>;
  }

  /** Makes the request once, as soon as the guard and the connection allow it, with what is left of its time. */
  async #attempt(
    method: string,
    params: Params | undefined,
    request: CallRequest,
    startedAt: number,
  ): Promise<Record<string, unknown>> {
    const { guard } = this;
    const { connection, environment } = this.#client;
    const { clock } = environment;
    let { session } = connection;
    let permit = session === undefined ? undefined : guard.tryEnter();
    let rest = request;
    if (permit === undefined) {
      permit = await guard.enter({
        key: keyOf(method, params),
        signal: request.signal,
        deadlineAt:
          startedAt + Math.min(request.timeoutMs, request.totalTimeoutMs ?? Number.POSITIVE_INFINITY),
      });
      rest = this.#left(request, startedAt);
    }
    let receivedBefore = 0;
    const beganAt = guard.measures ? clock.now() : 0;
    let result: Record<string, unknown>;
    try {
      session = connection.session;
      if (session === undefined) {
        session = await this.session(request.signal, rest.timeoutMs);
        rest = this.#left(request, startedAt);
      }
      receivedBefore = session.received;
      result = await this.#send(session, method, params, rest);
    } catch (error) {
      const durationMs = guard.measures ? clock.now() - beganAt : 0;
      const lostConnection = session?.isLost === true ? session : undefined;
      const wasHeard = session !== undefined && session.received !== receivedBefore;
      guard.failed(permit, error, { wasHeard, durationMs, lostConnection });
      throw error;
    }
    guard.succeeded(permit, guard.measures ? clock.now() - beganAt : 0);
    return result;
  }

  /** The request with what is left of its time: the caller gave it once. */
  #left(request: CallRequest, startedAt: number): CallRequest {
    const elapsedMs = this.#client.environment.clock.now() - startedAt;
    const left = (ms: number | undefined): number =>
      Math.max(1, (ms ?? Number.POSITIVE_INFINITY) - elapsedMs);
    return { ...request, timeoutMs: left(request.timeoutMs), totalTimeoutMs: left(request.totalTimeoutMs) };
  }

  /** The session of the present connection, waiting for one that is on its way for at most `limitMs`. */
  async session(
    signal: AbortSignal | undefined,
    limitMs: number = this.#client.settings.timeouts.request,
    begin: boolean = false,
  ): Promise<Session> {
    const { connection, environment, name } = this.#client;
    const { session } = connection;
    if (session !== undefined) return session;
    const over = new AbortController();
    const timer = environment.clock.setTimeout(() => {
      const message = `the connection did not come back within ${Math.round(limitMs)} ms; the request was not sent`;
      over.abort(new SignalboxError('REQUEST_TIMEOUT', message, { server: name }));
    }, limitMs);
    try {
      const bounded = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
      return await connection.ready(bounded, begin);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Makes a failed request again as long as that is right: what stood in its way was put right, or it provably was not
   * executed, or a second run is allowed. All within the time of the call.
   */
  async #again(failure: unknown, call: CallInHand): Promise<Record<string, unknown>> {
    const { method, params, request, options, startedAt } = call;
    const { guard } = this;
    const { environment, name, connection } = this.#client;
    const { clock, random } = environment;
    const limitMs = Math.min(request.timeoutMs, request.totalTimeoutMs ?? Number.POSITIVE_INFINITY);
    let error = failure;
    /** The failure that left open whether the request was executed. */
    let unknown: unknown;
    let next = request;
    let isMended = false;
    if (isGuardRefusal(error)) throw error;
    try {
      for (let failures = 1; ; failures++) {
        if (outcomeOf(error) === 'unknown') unknown = error;
        const elapsedMs = clock.now() - startedAt;
        if (!isMended && isMendable(error, method)) {
          // Once: a server that asks for the same again does not know what it wants.
          isMended = true;
          next = await this.#mend(error, next, call);
        } else {
          // Whoever waits for a connection that was given up waits in vain.
          if (isGivenUp(connection)) throw asOutcome(error, method, name, elapsedMs);
          const isSafe = this.#isSafe(method, params, options);
          const delayMs = replayDelay(error, { failures, isSafe, leftMs: limitMs - elapsedMs, random });
          if (delayMs === undefined || !guard.mayRepeat(error, connection.session === undefined)) {
            throw asOutcome(error, method, name, elapsedMs);
          }
          if (delayMs > 0) await sleep(clock, delayMs, options.signal);
        }
        try {
          return await this.#attempt(method, params, next, startedAt);
        } catch (again) {
          // What the server did says more than that it is not to be asked again now.
          if (isGuardRefusal(again)) throw asOutcome(error, method, name, clock.now() - startedAt);
          error = again;
        }
      }
    } catch (last) {
      throw afterUnknown(last, unknown, method, name, clock.now() - startedAt);
    }
  }

  /** Puts right what the server says was wrong with a request; the request as it is to be made then. */
  async #mend(
    error: RemoteError,
    request: CallRequest,
    { method, params, options, startedAt }: CallInHand,
  ): Promise<CallRequest> {
    if (error.code === URL_ELICITATION_REQUIRED) {
      const { name, environment, urlElicitations } = this.#client;
      const { clock } = environment;
      const askedAt = clock.now();
      const endsAt = startedAt + (request.totalTimeoutMs ?? Number.POSITIVE_INFINITY);
      const signal = options.signal ?? new AbortController().signal;
      const within = { name, clock, signal, endsAt, method };
      await inputTime(within, (bounded) => urlElicitations.settle(error, bounded));
      // The time that a person takes is not that of the request.
      return { ...request, timeoutMs: request.timeoutMs + (clock.now() - askedAt) };
    }
    await this.#client.learnTools({ signal: options.signal, cache: 'reload' });
    return { ...request, headers: this.#client.headersFor(method, params) };
  }

  /** Whether a second run is allowed although the first may have been executed. */
  #isSafe(method: string, params: Params | undefined, options: CallOptions): boolean {
    if (options.retry !== undefined) return options.retry === 'safe';
    if (isRead(method)) return true;
    if (method !== 'tools/call' || !this.#client.settings.trust) return false;
    const annotations = this.#client.findTool(params?.['name'])?.annotations;
    return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
  }
}

function isGivenUp({ state }: Connection): boolean {
  return state.kind === 'error' || state.kind === 'unauthorized';
}

/** Those that wait for a place are served in turn by this. */
function keyOf(method: string, params: Params | undefined): string {
  const name = method === 'tools/call' ? params?.['name'] : undefined;
  return typeof name === 'string' ? `${method} ${name}` : method;
}

function withMeta(
  params: Params | undefined,
  meta: Readonly<Record<string, unknown>> | undefined,
): Params | undefined {
  if (meta === undefined) return params;
  const own = params?.['_meta'];
  return { ...params, _meta: isObject(own) ? { ...own, ...meta } : meta };
}

/** Errors that name what must be put right before the same request is made again; it was not executed. */
function isMendable(error: unknown, method: string): error is RemoteError {
  if (!(error instanceof RemoteError)) return false;
  if (error.code === HEADER_MISMATCH) return method === 'tools/call';
  return error.code === URL_ELICITATION_REQUIRED;
}
