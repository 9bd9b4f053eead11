import type { Rule } from './rule.ts'

/** Rules of lists, watches and live views. */
export const DISCOVERY_RULES: readonly Rule[] = [
  {
    topic: 'discovery',
    case: 'pages follow the links of the registry',
    typescript: ['transport/registry-api.ts', 'DEFAULT_PAGE_SIZE = 1000', 'DEFAULT_PAGE_SIZE = 10'],
    python: ['discovery/query.py', '_DEFAULT_PAGE_SIZE = 1000', '_DEFAULT_PAGE_SIZE = 10'],
  },
  {
    topic: 'discovery',
    case: 'a page that comes again ends in an error',
    typescript: ['transport/registry-api.ts', 'if (visited.has(next))', 'if (false)'],
    python: ['transport/registry_api.py', 'if following in visited:', 'if False:'],
  },
  {
    topic: 'discovery',
    case: 'an id that would change the path is rejected',
    typescript: ['transport/agent-requests.ts', '/^\\.{0,2}$/.test(agentId)', "agentId === ''"],
    python: ['transport/registry_api.py', 're.fullmatch(r"\\.{0,2}", agent_id)', 'agent_id == ""'],
  },
  {
    topic: 'watches',
    case: 'a watch resumes after the last event',
    typescript: ['discovery/watch.ts', 'lastEventId = event.lastEventId || lastEventId', ''],
    python: ['discovery/watch.py', 'last_event_id = event_id or last_event_id', 'pass'],
  },
  {
    topic: 'watches',
    case: 'a filter that was accepted is not rejected later',
    typescript: ['discovery/watch.ts', 'if (!wasAccepted && ', 'if ('],
    python: ['discovery/watch.py', 'if not was_accepted and not', 'if not'],
  },
  {
    topic: 'watches',
    case: 'a watch ends if the registry rejects its filter',
    typescript: ['discovery/watch.ts', 'if (!wasAccepted && ', 'if (false && '],
    python: ['discovery/watch.py', 'if not was_accepted and', 'if False and'],
  },
  {
    topic: 'watches',
    case: 'events may arrive in any pieces',
    typescript: [
      'discovery/server-sent-events.ts',
      "if (endedWithCr && text.startsWith('\\n'))",
      'if (false)',
    ],
    python: [
      'discovery/server_sent_events.py',
      'if self._ended_with_cr and text.startswith("\\n"):',
      'if False:',
    ],
  },
  {
    topic: 'watches',
    case: 'a watch of loads does without where the registry has none',
    typescript: ['discovery/watch.ts', "if (isApiError(error, 'VALIDATION_FAILED'))", 'if (false)'],
    python: ['discovery/watch.py', 'if not is_api_error(error, "VALIDATION_FAILED"):', 'if True:'],
  },
  {
    topic: 'live views',
    case: 'a view keeps its agents while the registry is away',
    typescript: [
      'discovery/live-view.ts',
      'this.#incoming = new Map()',
      'this.#agents = new Map()',
    ],
    python: [
      'discovery/view_state.py',
      '            self._incoming = {}',
      '            self._agents = {}',
    ],
  },
  {
    topic: 'live views',
    case: 'every SDK picks the same agent for a key',
    typescript: ['discovery/pick.ts', '0x85ebca6b', '0x85ebca6d'],
    python: ['discovery/pick.py', '0x85EBCA6B', '0x85EBCA6D'],
  },
  {
    topic: 'live views',
    case: 'of two agents, the less loaded is picked',
    typescript: ['discovery/pick.ts', 'loadOf(other) < loadOf(one)', 'loadOf(other) > loadOf(one)'],
    python: [
      'discovery/pick.py',
      '_load_of(other) < _load_of(one)',
      '_load_of(other) > _load_of(one)',
    ],
  },
  {
    topic: 'live views',
    case: 'round robin takes turns, without the excluded',
    typescript: ['discovery/live-view.ts', 'this.#nextIndex++ %', 'this.#nextIndex %'],
    python: ['discovery/view_state.py', 'self._next_index + 1', 'self._next_index'],
  },
]
