import { setTimeout as pause } from 'node:timers/promises';
import { RemoteError, type ServerInstance, type ServerRegistry, SignalboxError } from '../../../src/index.ts';
import { Dice } from '../../runs/dice.ts';
import type { Seat } from '../plan/roster.ts';
import { type CallPlan, isAnswer, isQuick, planCall } from './call-plan.ts';
import type { Flights } from './flights.ts';
import type { CallEnd, Outcome } from './outcome.ts';
import type { Phase, Tally } from './tally.ts';

export interface WorkerOptions {
  readonly registry: ServerRegistry;
  readonly instance: ServerInstance;
  readonly seat: Seat;
  readonly seed: number;
  readonly number: number;
  readonly flights: Flights;
  readonly tally: Tally;
  readonly phase: () => Phase;
  /** Ms since the beginning of the run. */
  readonly now: () => number;
  readonly isOver: () => boolean;
  readonly ended: (outcome: Outcome) => void;
}

/** Time between two calls of a worker, in ms. */
const PAUSE = [10, 150] as const;
const READ_SHARE = 0.05;

/** Makes one call after the other, until the run is over. Never rejects. */
export async function work(options: WorkerOptions): Promise<void> {
  const { seat, seed, number, isOver } = options;
  const dice = new Dice(seed, `calls ${number} of ${seat.name}`);
  // The first worker of each server sees to it that there is always something in flight.
  const isLong = number === 0;
  for (let count = 0; !isOver(); count++) {
    if (!isLong && dice.chance(READ_SHARE)) await read(options, dice, count);
    else if ((await call(options, dice, count, isLong)) && isLong) continue;
    await pause(dice.between(...PAUSE));
  }
}

/** Resolves with whether it was answered. */
async function call(options: WorkerOptions, dice: Dice, count: number, isLong: boolean): Promise<boolean> {
  const { seat, number, flights, tally, phase, now, ended } = options;
  const key = `${seat.name}/${number}/${count}`;
  const plan = planCall(dice, { key, number: count * 100 + number, isSteady: seat.isSteady, isLong });
  const { tool, isSafe } = plan;
  const limitMs = plan.abortAfterMs ?? (plan.wantsProgress ? plan.totalMs : plan.timeoutMs);
  const flight = { server: seat.name, atMs: now(), limitMs, sent: 0 };
  const inPhase = phase();
  flights.add(key, flight);
  tally.calls++;
  const end = await callEnd(options, plan);
  flights.delete(key);
  const { atMs, sent } = flight;
  const elapsedMs = now() - atMs;
  if (end.kind === 'answer') {
    tally.ok++;
    if (isQuick(plan)) tally.latency[inPhase].add(elapsedMs);
  } else if (end.kind === 'error' && end.code === 'REQUEST_ABORTED') tally.aborted++;
  else tally.failed('code' in end ? String(end.code) : end.kind);
  tally.replays += Math.max(0, sent - 1);
  ended({ key, server: seat.name, tool, isSafe, atMs, elapsedMs, limitMs, sent, end });
  return end.kind === 'answer';
}

async function callEnd({ registry, instance, seat }: WorkerOptions, plan: CallPlan): Promise<CallEnd> {
  const { tool, abortAfterMs } = plan;
  const controller = new AbortController();
  const abort = abortAfterMs === undefined ? undefined : setTimeout(() => controller.abort(), abortAfterMs);
  const callOptions = {
    timeoutMs: plan.timeoutMs,
    totalTimeoutMs: plan.totalMs,
    ...(plan.isSafe ? { retry: 'safe' as const } : {}),
    ...(plan.wantsProgress ? { onProgress: () => {} } : {}),
    ...(abort === undefined ? {} : { signal: controller.signal }),
  };
  try {
    const result = plan.overRegistry
      ? await registry.callTool(`${seat.name}__${tool}`, plan.arguments, callOptions)
      : await instance.client.callTool(tool, plan.arguments, callOptions);
    const text = textOf(result);
    return isAnswer(plan, text) ? { kind: 'answer' } : { kind: 'foreign', text: text.slice(0, 200) };
  } catch (error) {
    return failure(error);
  } finally {
    clearTimeout(abort);
  }
}

function textOf({ content }: { readonly content: readonly object[] }): string {
  const first = content[0];
  return first !== undefined && 'text' in first ? String(first.text) : JSON.stringify(content).slice(0, 200);
}

function failure(error: unknown): CallEnd {
  if (error instanceof RemoteError) return { kind: 'remote', code: error.code };
  if (SignalboxError.is(error)) {
    const { code, delivered, message } = error;
    return { kind: 'error', code, delivered, message: message.slice(0, 300) };
  }
  return {
    kind: 'unknown',
    message: (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 500),
  };
}

/** Lists and pings: nobody counts how often they run, but they have to end too. */
async function read(options: WorkerOptions, dice: Dice, count: number): Promise<void> {
  const { registry, instance, seat, number, flights, tally, now, ended } = options;
  const timeoutMs = seat.isSteady ? 15_000 : 1000;
  const what = dice.one(['list', 'ping', 'all'] as const);
  const key = `${seat.name}/${number}/${count} (${what})`;
  // All lists together wait at most 5 s for those that are being read.
  const flight = { server: seat.name, atMs: now(), limitMs: what === 'all' ? 5000 : timeoutMs, sent: 0 };
  flights.add(key, flight);
  tally.reads++;
  let end: CallEnd = { kind: 'answer' };
  try {
    if (what === 'list') await instance.client.listTools({ timeoutMs, cache: 'reload' });
    else if (what === 'ping') await instance.client.ping({ timeoutMs });
    else await registry.listTools();
  } catch (error) {
    end = failure(error);
    tally.readErrors++;
  }
  flights.delete(key);
  const { atMs, limitMs, server } = flight;
  ended({ key, server, tool: undefined, isSafe: true, atMs, elapsedMs: now() - atMs, limitMs, sent: 0, end });
}
