/**
 * What the transports of one server have carried and started, over all connections. They count what is at hand: bytes
 * of messages with their framing on stdio, of bodies over HTTP (compressed, where they are); headers do not count. What
 * stays in this process is not counted.
 */
export class TransportTally {
  /** Handed to a pipe or a socket. */
  bytesSent = 0;
  bytesReceived = 0;
  /** Processes that were started, those that died at once included. */
  processStarts = 0;
}
