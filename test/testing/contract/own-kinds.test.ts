import { describe, it } from 'vitest';
import { type ContractSubject, transportContract } from '../../../src/testing/index.ts';
import { connectRpcSubject } from './subjects/connect-rpc-subject.ts';
import { httpSubjects } from './subjects/http-subject.ts';
import { faultySubject, memorySubject } from './subjects/memory-subject.ts';
import { restSubject } from './subjects/rest-subject.ts';
import { sseSubject } from './subjects/sse-subject.ts';
import { stdioSubject } from './subjects/stdio-subject.ts';

const SUBJECTS: Readonly<Record<string, ContractSubject>> = {
  memory: memorySubject,
  'around another one, without faults': faultySubject,
  stdio: stdioSubject,
  ...httpSubjects,
  'sse, of 2024-11-05': sseSubject,
  'sse, in the dialect connect-rpc': connectRpcSubject,
  rest: restSubject,
};

describe.each(Object.entries(SUBJECTS))('the contract of transports: %s', (_name, subject) => {
  for (const { title, skip, run } of transportContract(subject)) it.skipIf(skip)(title, run);
});
