/** Ends preparation or evaluation: there can be no verdict. Never leaves this room. */
export class UnusableSchema extends Error {
  override readonly name: string = 'UnusableSchema';
}
