// A transport in this process, so that nothing but the client is counted.

/** Answers at once with a string that is made without JSON, so that the client alone encodes and parses. */
export class Loop {
  kind = 'loop';
  streamPerRequest = false;
  closed = new Promise((resolve) => {
    this.end = resolve;
  });

  open(receiver) {
    this.receiver = receiver;
    return Promise.resolve();
  }

  send(outgoing) {
    outgoing.flushed();
    const id = /"id":(\d+)/u.exec(outgoing.text)?.[1];
    if (id === undefined) return;
    const result = outgoing.text.includes('"initialize"')
      ? '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"loop","version":"1"}}'
      : outgoing.text.includes('"tools/list"')
        ? '{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}'
        : '{"content":[{"type":"text","text":"hello"}]}';
    this.receiver.message(`{"jsonrpc":"2.0","id":${id},"result":${result}}`, undefined);
  }

  abandon() {}

  close() {
    this.destroy();
    return Promise.resolve();
  }

  destroy() {
    this.end({ kind: 'local' });
  }

  diagnostics() {
    return {};
  }
}
