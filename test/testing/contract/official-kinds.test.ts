import { describe, it } from 'vitest';
import { transportContract } from '../../../src/testing/index.ts';
import { adoptedSubjects } from './subjects/adopted-subject.ts';

const { 'the official transport for stdio': stdio, ...others } = adoptedSubjects;

describe.each(Object.entries(others))('the contract of transports: %s', (_name, subject) => {
  for (const { title, skip, run } of transportContract(subject)) it.skipIf(skip)(title, run);
});

describe('the contract of transports: the official transport for stdio', () => {
  // Each close leaves a timer of two seconds behind, which the leak gate waits for: only what a process adds.
  const telling = /^the peer |while it opens|large messages|does not read|loses nothing/u;
  const cases = transportContract(stdio!).filter(({ title }) => telling.test(title));
  for (const { title, skip, run } of cases) it.skipIf(skip)(title, run);
});
