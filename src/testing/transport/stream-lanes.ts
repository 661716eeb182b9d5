import type { Clock } from '../../core/clock.ts';
import type { Outgoing } from '../../transports/transport.ts';
import type { Carried } from './carried.ts';
import { Lane } from './lane.ts';

/** A message on its way out, and what happens to it when it leaves. */
export interface HeldOut {
  readonly carried: Carried;
  readonly fate: 'send' | 'send-twice' | 'drop' | 'reset';
}

/** A message on its way in. */
export interface HeldIn {
  readonly text: string;
  readonly carried: Carried | undefined;
  readonly exchange: Outgoing | undefined;
  readonly httpStatus: number | undefined;
  readonly copies: number;
  /** It is held here while the transport inside takes it for delivered. */
  wasHeld: boolean;
}

/** Both directions of one stream: that of the connection, or of one request. */
export class StreamLanes {
  readonly out: Lane<HeldOut>;
  readonly in: Lane<HeldIn>;

  constructor(clock: Clock, leave: (held: HeldOut) => void, arrive: (held: HeldIn) => void) {
    this.out = new Lane(clock, leave);
    this.in = new Lane(clock, arrive);
  }

  get isIdle(): boolean {
    return this.out.bytes + this.in.bytes === 0 && !this.out.isStalled && !this.in.isStalled;
  }

  resume(): void {
    this.out.resume();
    this.in.resume();
  }
}
