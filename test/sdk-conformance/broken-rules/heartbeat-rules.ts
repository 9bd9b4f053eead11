import type { Rule } from './rule.ts'

/** Rules of the heartbeats of agents and groups, and of what they report. */
export const HEARTBEAT_RULES: readonly Rule[] = [
  {
    topic: 'heartbeats',
    case: 'heartbeats come as often as the registry asks',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return ownSeconds ?? askedSeconds',
      'return ownSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return asked_seconds if own_seconds is None else own_seconds',
      'return own_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'the interval of the application is in force',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return isOverloaded ? Math.max(ownSeconds, askedSeconds) : ownSeconds',
      'return askedSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return max(own_seconds, asked_seconds) if is_overloaded else own_seconds',
      'return asked_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'an overloaded registry outweighs the interval of the application',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return isOverloaded ? Math.max(ownSeconds, askedSeconds) : ownSeconds',
      'return ownSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return max(own_seconds, asked_seconds) if is_overloaded else own_seconds',
      'return own_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'no answer makes heartbeats come more often than every 100 ms',
    typescript: ['agent/backoff.ts', 'MIN_DELAY_MS = 100', 'MIN_DELAY_MS = 1'],
    python: ['agent/backoff.py', 'MIN_DELAY_SECONDS = 0.1', 'MIN_DELAY_SECONDS = 0.001'],
  },
  {
    topic: 'heartbeats',
    case: 'an invalid TTL or interval leaves the last one in force',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'ttl >= minimum && ttl <= maximum ? ttl : undefined',
      'ttl',
    ],
    python: [
      'agent/schedule.py',
      'ttl if ttl is not None and _MIN_TTL_SECONDS <= ttl <= _MAX_TTL_SECONDS else None',
      'ttl',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'Retry-After is obeyed',
    typescript: ['agent/backoff.ts', 'if (requestedMs <= 0) return', 'return'],
    python: ['agent/backoff.py', 'if asked <= 0:', 'if True:'],
  },
  {
    topic: 'heartbeats',
    case: 'a Retry-After beyond a third of the TTL is cut off there',
    typescript: [
      'agent/backoff.ts',
      'Math.min(maxMs, Math.max(MIN_DELAY_MS, requestedMs + jitter))',
      'Math.max(MIN_DELAY_MS, requestedMs + jitter)',
    ],
    python: [
      'agent/backoff.py',
      'min(max_seconds, max(MIN_DELAY_SECONDS, asked + jitter))',
      'max(MIN_DELAY_SECONDS, asked + jitter)',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'a heartbeat times out after a third of the TTL',
    typescript: [
      'agent/agent-heartbeats.ts',
      'Math.min(timeoutMs, (ttlSeconds * 1000) / 3)',
      'timeoutMs',
    ],
    python: ['agent/calls.py', 'min(timeout_seconds, ttl_seconds / 3)', 'timeout_seconds'],
  },
  {
    topic: 'heartbeats',
    case: 'the log says once that the registry is away, and once that it is back',
    typescript: ['agent/outage-log.ts', 'this.#isOut = true', ''],
    python: ['agent/outage_log.py', 'self._is_out = True', 'pass'],
  },
  {
    topic: 'heartbeats',
    case: 'an agent that the registry has lost registers again',
    typescript: [
      'agent/heartbeat-loop.ts',
      "if (!isApiError(error, 'AGENT_NOT_FOUND')) throw",
      'throw',
    ],
    python: [
      'agent/heartbeat_loop.py',
      'if not is_api_error(error, "AGENT_NOT_FOUND") or self._is_over:',
      'if True:',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'a 404 without an error code of a registry loses no agent',
    typescript: ['transport/responses.ts', '(isUnknownAgent ?', '(status === 404 ?'],
    python: ['transport/responses.py', 'if is_unknown_agent else', 'if status == 404 else'],
  },
  {
    topic: 'heartbeats',
    case: 'while its check fails, an agent is busy',
    typescript: ['agent/health-check.ts', "this.#setStatus('busy')", "this.#setStatus('ready')"],
    python: ['agent/health_check.py', 'self._set_status("busy")', 'self._set_status("ready")'],
  },
  {
    topic: 'heartbeats',
    case: 'while a silent check fails, no heartbeats are sent',
    typescript: ['agent/health-check.ts', 'return !this.#isFailing', 'return true'],
    python: ['agent/health_check.py', 'return not self._is_failing', 'return True'],
  },
  {
    topic: 'reports',
    case: 'a status is repeated until it has arrived',
    typescript: [
      'agent/agent-report.ts',
      'if (!arrived || !call.isExclusive)',
      'if (!call.isExclusive)',
    ],
    python: [
      'agent/report.py',
      'if not has_arrived or not delivery.is_exclusive:',
      'if not delivery.is_exclusive:',
    ],
  },
  {
    topic: 'reports',
    case: 'a report that the registry rejects is dropped',
    typescript: ['agent/agent-report.ts', 'error.status === 422', 'error.status === 0'],
    python: ['agent/report.py', 'error.status == 422', 'error.status == 0'],
  },
  {
    topic: 'reports',
    case: 'a lost agent registers with what it has reported',
    typescript: ['agent/agent-registration.ts', "report.send('all')", "report.send('unsent')"],
    python: ['agent/calls.py', 'state.report.send_all()', 'state.report.send()'],
  },
  {
    topic: 'groups',
    case: 'one request renews all agents of a group',
    typescript: ['agent/heartbeat-batch.ts', 'others.length === 0', 'others.length < 0'],
    python: ['agent/batch.py', 'if len(instances) == 1 else', 'if False else'],
  },
  {
    topic: 'groups',
    case: 'the agent with the shortest TTL sets the pace of its group',
    typescript: [
      'agent/agent-group.ts',
      'if (previous && previous.ttlSeconds <= ttlSeconds)',
      'if (previous)',
    ],
    python: [
      'agent/group_core.py',
      'if previous is not None and previous.ttl_seconds <= ttl_seconds:',
      'if previous is not None:',
    ],
  },
  {
    topic: 'groups',
    case: 'only the lost agents of a group register again',
    typescript: ['agent/agent-group.ts', 'this.#membersOf(outcome.unknown)', '[] as Member[]'],
    python: ['agent/group_core.py', 'self._known(outcome.unknown)', '[]'],
  },
  {
    topic: 'groups',
    case: 'an agent that a batch calls superseded by mistake stays',
    typescript: [
      'agent/agent-group.ts',
      'member.confirmSuperseded({ signal })',
      'this.leave(member.agentId) as never',
    ],
    python: [
      'agent/group_core.py',
      'await self._for_each(self._known(outcome.superseded), AgentCore.confirm_superseded)',
      '[self.leave(it) for it in outcome.superseded]',
    ],
  },
  {
    topic: 'groups',
    case: 'a group that is out of time leaves the rest of its agents to lapse',
    typescript: ['agent/agent-group.ts', 'if (this.clock.now() < deadline)', 'if (late === 0)'],
    python: ['agent/group_core.py', 'is_late = now() >= deadline', 'is_late = False'],
  },
]
