export { fromOfficialTransport, officialTransportBuilder } from './from-official-transport.ts';
export type { OfficialMessageHandler, OfficialSendOptions, OfficialTransport } from './official-transport.ts';
export type { SignalboxTransport } from './signalbox-transport.ts';
export { type ToOfficialOptions, toOfficialTransport, type WrapOptions } from './to-official-transport.ts';
