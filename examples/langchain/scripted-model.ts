import { AIMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';

/** Stands for a model of a provider: it wants one call to be made, and says what came of it. */
export function scriptedModel(): ReturnType<typeof fakeModel> {
  return fakeModel()
    .respondWithTools([{ name: 'units__convert', args: { value: 26.2, from: 'mi', to: 'km' }, id: 'call-1' }])
    .respond((messages) => new AIMessage(messages.at(-1)!.text));
}
