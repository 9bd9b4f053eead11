import type { Limit } from './limit.ts'

/** Changes of agents, the history, and the SQLite file. */
export const STORAGE_LIMITS = {
  // History and transitions
  changeBurst: {
    what: 'Changes of status that an agent makes at once',
    value: 100,
    unit: '',
    beyond: 'the next ones follow at the rate below',
  },
  changesPerSecond: {
    what: 'Changes of status of an agent, after those',
    value: 5,
    unit: 'a second',
    beyond: 'they wait; of those that wait the newest is recorded, and acknowledges all of them',
  },
  changeShare: {
    what: 'Changes of one agent in the history, of any kind',
    value: 10,
    unit: '% of `--history-limit`',
    beyond: 'the next ones follow at the rate below',
  },
  leastChangeShare: {
    what: 'The same, if the history is short',
    value: 1000,
    unit: '',
    beyond: 'the same',
  },
  changesPerHour: {
    what: 'Changes of an agent, after those',
    value: 720,
    unit: 'an hour',
    beyond: 'they wait and are taken together, as above',
  },
  // SQLite
  historyReadsWaiting: {
    what: 'Reads of the history of a SQLite file, waiting or under way',
    value: 256,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  historySliceBytes: {
    what: 'What a read of the history takes from a SQLite file before others have their turn',
    value: 128 * 1024,
    unit: 'bytes',
    beyond: 'it goes on behind the others',
  },
  walBytes: {
    what: 'The write-ahead log of a SQLite file',
    value: 256 * 1024 * 1024,
    unit: 'bytes',
    beyond:
      'a warning, and heartbeats are kept in memory only, until no other program reads an old state',
  },
  walBytesInAll: {
    what: 'The same, with the changes that are written all the while',
    value: 1024 * 1024 * 1024,
    unit: 'bytes',
    beyond: 'changes are refused until it is emptied: 503 `STORAGE_UNAVAILABLE`',
  },
} as const satisfies Record<string, Limit>
