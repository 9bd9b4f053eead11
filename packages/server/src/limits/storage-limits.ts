import type { Limit } from './limit.ts'

/** Limits of agent changes, the history, and the SQLite file. */
export const STORAGE_LIMITS = {
  // History and transitions
  changeBurst: {
    what: 'Burst of status changes of one agent',
    value: 100,
    unit: '',
    beyond: 'further ones follow at the rate below',
  },
  changesPerSecond: {
    what: 'Status changes of one agent after that burst',
    value: 5,
    unit: 'a second',
    beyond: 'they wait; only the newest waiting change is recorded, which acknowledges all of them',
  },
  changeShare: {
    what: 'Share of one agent in the history, with changes of any kind',
    value: 10,
    unit: '% of `--history-limit`',
    beyond: 'further changes follow at the rate below',
  },
  leastChangeShare: {
    what: 'Minimum of that share, for a short history',
    value: 1000,
    unit: '',
    beyond: 'the same',
  },
  changesPerHour: {
    what: 'Changes of one agent beyond that share',
    value: 720,
    unit: 'an hour',
    beyond: 'they wait and are coalesced, as above',
  },
  exportLineBytes: {
    what: 'Line of an export that `rollcall import` reads',
    value: 1024 * 1024,
    unit: 'bytes',
    beyond: 'nothing is imported; the error has the number of the line',
  },
  // SQLite
  historyReadsWaiting: {
    what: 'Reads of the history of a SQLite file, waiting or in flight',
    value: 256,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  historySliceBytes: {
    what: 'Data that a history read takes from a SQLite file in one time slice',
    value: 128 * 1024,
    unit: 'bytes',
    beyond: 'it continues after the other reads',
  },
  walBytes: {
    what: 'Size of the write-ahead log of a SQLite file',
    value: 256 * 1024 * 1024,
    unit: 'bytes',
    beyond:
      'a warning is logged and heartbeats are kept only in memory, until no other program reads an ' +
      'old snapshot',
  },
  walBytesInAll: {
    what: 'The same, including the changes written in the meantime',
    value: 1024 * 1024 * 1024,
    unit: 'bytes',
    beyond: 'changes are rejected until it is truncated: 503 `STORAGE_UNAVAILABLE`',
  },
} as const satisfies Record<string, Limit>
