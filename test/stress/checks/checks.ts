/** The promises, in the order of the report. */
export const CHECKS = {
  connected: 'every server is connected, and all that they offer is listed',
  answered: 'every call is answered, by its own server, and was executed once',
  starts: 'no more processes are being started at a time than there are places',
  fair: 'no server starves: none takes much longer than others of its kind',
  replaced: 'calls to servers that are replaced or reconnected end truthfully, and all are back',
  memory: 'an idle client costs little, and its memory is given back',
  shutdown: 'everything ends in good order',
  left: 'no connection, handle or timer is left',
  orphans: 'no process is left',
  quiet: 'no exception or rejection that nobody handles, no leak warning',
  exit: 'the process ends by itself',
} as const;
