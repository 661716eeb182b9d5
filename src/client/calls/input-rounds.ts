import type { ResolvedSettings } from '../../config/settings.ts';
import { SignalboxError } from '../../core/errors.ts';
import { sleep } from '../../core/sleep.ts';
import { fullJitter } from '../../resilience/backoff.ts';
import { isObject, type Params } from '../../wire/json-rpc.ts';
import type { ClientEnvironment } from '../connection/connector.ts';
import type { InputDesk } from '../input/input-desk.ts';
import type { CallInHand, CallRequest } from './call-in-hand.ts';
import { inputTime } from './input-time.ts';

/** Delay between rounds in which the server only hands out state: it sheds load, in ms. */
const STATE_ROUND = { baseMs: 200, maxMs: 5000 };

/** What {@link inputRounds} asks of the client. */
export interface InputRoundsOwner {
  readonly name: string;
  readonly settings: Pick<ResolvedSettings, 'limits'>;
  readonly environment: Pick<ClientEnvironment, 'clock' | 'random'>;
  readonly desk: InputDesk;
}

/** Makes the request of the call once more. */
type Attempt = (params: Params, request: CallRequest, startedAt: number) => Promise<Record<string, unknown>>;

/**
 * The rest of a call that a modern server answers with questions (2026-07-28, multi round-trip requests): gives the
 * server the input it asks for until it is content, within `limits.inputRounds` and the time of the call.
 * @param first the result that asks
 * @throws SignalboxError INPUT_REQUIRED, INVALID_RESULT, and what the attempts reject with
 */
export async function inputRounds(
  { name, settings, environment, desk }: InputRoundsOwner,
  call: CallInHand,
  first: Record<string, unknown>,
  attempt: Attempt,
): Promise<Record<string, unknown>> {
  const { method, params, request } = call;
  const { clock, random } = environment;
  const endsAt = call.startedAt + (request.totalTimeoutMs ?? Number.POSITIVE_INFINITY);
  const signal = request.signal ?? new AbortController().signal;
  let result = first;
  for (let round = 0; round < settings.limits.inputRounds; round++) {
    const { inputRequests, requestState } = result;
    const asks = inputRequests !== undefined && !isEmpty(inputRequests);
    if (asks ? !isObject(inputRequests) : typeof requestState !== 'string') {
      throw new SignalboxError('INVALID_RESULT', `${method} asks for input and does not say which`, {
        server: name,
        delivered: 'yes',
      });
    }
    const within = { name, clock, signal, endsAt, method };
    const inputResponses = asks
      ? await inputTime(within, (bounded) => desk.fulfil(inputRequests, bounded))
      : undefined;
    if (inputResponses === undefined) await sleep(clock, fullJitter(round, STATE_ROUND, random), signal);
    const again = {
      ...params,
      ...(inputResponses === undefined ? {} : { inputResponses }),
      // Byte for byte the latest state, and none if none was given.
      ...(typeof requestState === 'string' ? { requestState } : {}),
    };
    const startedAt = clock.now();
    const totalTimeoutMs = Math.max(0, endsAt - startedAt);
    result = await attempt(again, { ...request, totalTimeoutMs }, startedAt);
    if (result['resultType'] !== 'input_required') return result;
  }
  throw new SignalboxError(
    'INPUT_REQUIRED',
    `${method} asked for input ${settings.limits.inputRounds} times; raise limits.inputRounds if that is right`,
    { server: name, delivered: 'yes' },
  );
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
