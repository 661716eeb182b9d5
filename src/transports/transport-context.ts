import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import type { StderrLog } from './process/stderr-log.ts';
import type { TransportTally } from './transport-tally.ts';

/** Bounds on what a peer may send. Every one of them is an option (`x-signalbox.limits`). */
export interface TransportLimits {
  /** Longest stdio line and longest SSE event, in bytes. Default 8 MiB. */
  readonly frameBytes: number;
  /** Largest HTTP body, in bytes. Default 16 MiB. */
  readonly bodyBytes: number;
  /** How much of a server's stderr is kept, in bytes. Default 64 KiB. */
  readonly stderrBytes: number;
  /** Outgoing bytes that may wait for a server that does not read. Default 16 MiB. */
  readonly sendQueueBytes: number;
  /** Unreadable frames in a row before the connection is given up. Default 10. */
  readonly badFrames: number;
  /** Largest HTTP response header block, in bytes. Default 16 KiB. */
  readonly headerBytes: number;
  /** Decoded bytes that one compressed byte may become, once there is 1 MiB of them. Default 100. */
  readonly compressionRatio: number;
}

export const TRANSPORT_LIMITS: TransportLimits = Object.freeze({
  frameBytes: 8 * 1024 * 1024,
  bodyBytes: 16 * 1024 * 1024,
  stderrBytes: 64 * 1024,
  sendQueueBytes: 16 * 1024 * 1024,
  badFrames: 10,
  headerBytes: 16 * 1024,
  compressionRatio: 100,
});

/** Steps of a process stop, in ms: stdin end → `eofMs` → SIGTERM → `termMs` → SIGKILL → `killMs`. */
export interface StopTimes {
  /** Default 2 000. */
  readonly eofMs: number;
  /** Default 3 000. */
  readonly termMs: number;
  /** How long to wait for the kernel after SIGKILL. Default 1 000. */
  readonly killMs: number;
}

export const STOP_TIMES: StopTimes = Object.freeze({ eofMs: 2000, termMs: 3000, killMs: 1000 });

/** What every transport is given besides its own entry. */
export interface TransportContext {
  /** Name of the server, for errors and logs. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: TransportLimits;
  /** Where is counted what the transport carries. Default: nowhere. */
  readonly tally?: TransportTally | undefined;
  /** What takes in the stderr of the processes that the transport starts. Default: nothing beside the transport. */
  readonly stderr?: StderrLog | undefined;
}
